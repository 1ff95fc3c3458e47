// SPDX-License-Identifier: MIT
#include "core/base/file_ops.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/magic.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <fstream>

#include "support/scratch.h"

namespace lbx {
namespace {

using testing::UnorderedElementsAre;

class PosixFileOpsTest : public testing::Test {
 protected:
  testing_support::ScratchDirectory scratch;
  PosixFileOps files;
};

TEST_F(PosixFileOpsTest, AnErrorCarriesItsErrnoAndPathAndMayBeTriedAgain) {
  const Result<UniqueFd> missing = files.open_at(scratch.fd(), "none", O_RDONLY, 0);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().os_error, ENOENT);
  EXPECT_EQ(missing.error().retry, Retry::Later);
  EXPECT_EQ(missing.error().what, "open none: No such file or directory");
}

TEST_F(PosixFileOpsTest, DescriptorsDoNotReachPrograms) {
  scratch.write("f", "x");
  const Result<UniqueFd> file = files.open_at(scratch.fd(), "f", O_RDONLY, 0);
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_NE(::fcntl(file->get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(PosixFileOpsTest, RenameNewNeverReplaces) {
  scratch.write("a", "a");
  scratch.write("b", "b");
  const Result<void> renamed = files.rename_new(scratch.fd(), "a", scratch.fd(), "b");
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().os_error, EEXIST);
  EXPECT_EQ(scratch.read("b"), "b");
}

TEST_F(PosixFileOpsTest, AnUnnamedFileGetsItsNameByItsDescriptor) {
  Result<UniqueFd> file = files.open_at(scratch.fd(), ".", O_TMPFILE | O_WRONLY, 0600);
  ASSERT_TRUE(file) << file.error().what;
  ASSERT_TRUE(files.write(file->get(), "text"));
  ASSERT_TRUE(files.link_fd(file->get(), scratch.fd(), "name"));
  EXPECT_EQ(scratch.read("name"), "text");
}

TEST_F(PosixFileOpsTest, ReadAtLeavesThePositionAlone) {
  scratch.write("f", "abcdef");
  const Result<UniqueFd> file = files.open_at(scratch.fd(), "f", O_RDONLY, 0);
  ASSERT_TRUE(file) << file.error().what;
  char buffer[2];
  ASSERT_EQ(*files.read_at(file->get(), buffer, 2, 4), 2U);
  EXPECT_EQ(std::string(buffer, 2), "ef");
  ASSERT_EQ(*files.read(file->get(), buffer, 2), 2U);
  EXPECT_EQ(std::string(buffer, 2), "ab");
}

TEST_F(PosixFileOpsTest, ListGivesEveryNameAndTellsDirectories) {
  scratch.write("file", "");
  scratch.make_directory("dir");
  const Result<std::vector<DirectoryEntry>> entries = files.list(scratch.fd(), ".");
  ASSERT_TRUE(entries) << entries.error().what;
  EXPECT_THAT(*entries, UnorderedElementsAre(testing::FieldsAre("file", false),
                                             testing::FieldsAre("dir", true)));
}

TEST_F(PosixFileOpsTest, ModificationTimeIsSetToTheMicrosecond) {
  scratch.write("f", "x");
  const Result<UniqueFd> file = files.open_at(scratch.fd(), "f", O_WRONLY, 0);
  ASSERT_TRUE(file) << file.error().what;
  ASSERT_TRUE(files.set_modified(file->get(), {1'000'000'000, 5}));
  const Result<struct stat> status = files.stat_at(scratch.fd(), "f", 0);
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_EQ(status->st_mtim.tv_sec, 1'000'000'000);
  EXPECT_EQ(status->st_mtim.tv_nsec, 5000);
}

TEST_F(PosixFileOpsTest, WriteBackIsForFilesThatCanBeWrittenBack) {
  Result<UniqueFd> file = files.open_at(scratch.fd(), "f", O_CREAT | O_WRONLY, 0600);
  ASSERT_TRUE(file) << file.error().what;
  ASSERT_TRUE(files.write(file->get(), "text"));
  EXPECT_TRUE(files.write_back(file->get()));
  file->reset();
  const Result<void> closed = files.write_back(-1);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().os_error, EBADF);
}

TEST_F(PosixFileOpsTest, WhatIsNoExt4IsNotTakenToKeepOrder) {
  const UniqueFd other{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  const Result<bool> keeps = files.keeps_order(other.get());
  ASSERT_TRUE(keeps) << keeps.error().what;
  EXPECT_FALSE(*keeps);
}

constexpr std::size_t kCommSize = 15;  // octets of a thread's name

TEST_F(PosixFileOpsTest, AnExt4KeepsOrderExactlyWhereItsJournalIsWithinIt) {
  struct statfs kind {};
  ASSERT_EQ(::fstatfs(scratch.fd(), &kind), 0);
  if (kind.f_type != EXT4_SUPER_MAGIC) GTEST_SKIP() << "the scratch directory is not on ext4";
  const Result<bool> keeps = files.keeps_order(scratch.fd());
  ASSERT_TRUE(keeps) << keeps.error().what;
  bool journal = false;  // the kernel thread of a journal is named for its device and inode
  const struct stat status = *files.stat_fd(scratch.fd());
  const auto device =
      std::to_string(major(status.st_dev)) + ':' + std::to_string(minor(status.st_dev));
  const std::string name =
      boost::filesystem::read_symlink("/sys/dev/block/" + device).filename().string();
  const auto threads = files.list(AT_FDCWD, "/proc");
  ASSERT_TRUE(threads) << threads.error().what;
  for (const DirectoryEntry& each : *threads) {
    std::string said;
    std::ifstream{"/proc/" + each.name + "/comm"} >> said;
    journal = journal || said == ("jbd2/" + name + "-8").substr(0, kCommSize);
  }
  EXPECT_EQ(*keeps, journal);
}

}  // namespace
}  // namespace lbx
