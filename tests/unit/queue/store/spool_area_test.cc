// SPDX-License-Identifier: MIT
#include "queue/store/spool_area.h"

#include <gmock/gmock.h>
#include <sys/mman.h>

#include <cerrno>

#include "core/base/io.h"
#include "queue/store/sqlite_store.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

constexpr std::string_view kHead = "Received: by us\n";

class SpoolAreaTest : public testing::Test {
 protected:
  SpoolArea open() {
    Result<SpoolArea> area = SpoolArea::open(world_.system, scratch_.path());
    EXPECT_TRUE(area) << area.error().what;
    return std::move(area).value();
  }
  /// As a submitter leaves it.
  UniqueFd written(const SpoolArea& area, std::string_view text = "Subject: a\n\nb\n") {
    Result<UniqueFd> file = area.create(kHead);
    EXPECT_TRUE(file) << file.error().what;
    EXPECT_TRUE(write_all(world_.files, file->get(), text));
    return std::move(file).value();
  }

  ScratchDirectory scratch_;
  TestSystem world_;
};

TEST_F(SpoolAreaTest, WhatASubmitterWroteGetsAName) {
  const SpoolArea area = open();
  UniqueFd file = written(area);
  EXPECT_THAT(scratch_.names("spool"), IsEmpty()) << "nothing to be cleared away before";
  const auto adopted = area.adopt(std::move(file), kHead);
  ASSERT_TRUE(adopted) << adopted.error().what;
  EXPECT_EQ(adopted->size, kHead.size() + 14);
  EXPECT_EQ(scratch_.read("spool/" + adopted->name), std::string{kHead} + "Subject: a\n\nb\n");
  const Result<UniqueFd> again = area.open_file(adopted->name);
  EXPECT_TRUE(again);
  area.remove(adopted->name);
  EXPECT_THAT(scratch_.names("spool"), IsEmpty());
}

TEST_F(SpoolAreaTest, FileAndNameAreOnTheDiskBeforeItReturns) {
  const SpoolArea area = open();
  UniqueFd file = written(area);
  const std::size_t before = world_.files.journal().size();
  const auto adopted = area.adopt(std::move(file), kHead);
  ASSERT_TRUE(adopted);
  std::vector<std::string> calls;
  for (std::size_t i = before; i < world_.files.journal().size(); ++i) {
    const std::string& each = world_.files.journal()[i];
    if (each.starts_with("sync") || each.starts_with("link")) calls.push_back(each);
  }
  EXPECT_THAT(calls, ElementsAre("sync", "link_fd " + adopted->name, "sync"));
}

TEST_F(SpoolAreaTest, EveryFailureOfTheDiskIsLater) {
  const SpoolArea area = open();
  for (std::size_t call = 1; call < 12; ++call) {
    UniqueFd file = written(area);
    world_.files.fail_call(call, EIO);
    const auto adopted = area.adopt(std::move(file), kHead);
    world_.files.fail_call(0, 0);
    if (adopted) {
      EXPECT_TRUE(scratch_.exists("spool/" + adopted->name));
    } else {
      EXPECT_EQ(adopted.error().retry, Retry::Later) << call;
    }
  }
}

TEST_F(SpoolAreaTest, NobodyCanChangeWhatWasAdopted) {
  const SpoolArea area = open();
  UniqueFd file = written(area);
  UniqueFd kept{::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)};
  const auto refused = area.adopt(UniqueFd{::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)}, kHead);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().os_error, EAGAIN);

  // A mapping is as good as a descriptor.
  void* const map =
      ::mmap(nullptr, kHead.size(), PROT_READ | PROT_WRITE, MAP_SHARED, kept.get(), 0);
  ASSERT_NE(map, MAP_FAILED);
  kept.reset();
  EXPECT_FALSE(area.adopt(UniqueFd{::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)}, kHead));
  ::munmap(map, kHead.size());
  EXPECT_TRUE(area.adopt(std::move(file), kHead));
}

TEST_F(SpoolAreaTest, TheHeadMustStay) {
  const SpoolArea area = open();
  for (const std::string_view other : {std::string_view{"Received: by me\n"}, std::string_view{}}) {
    UniqueFd file = written(area);
    ASSERT_EQ(::ftruncate(file.get(), 0), 0);
    ASSERT_GE(::pwrite(file.get(), other.data(), other.size(), 0), 0);
    const auto adopted = area.adopt(std::move(file), kHead);
    ASSERT_FALSE(adopted);
    EXPECT_EQ(adopted.error().retry, Retry::Never);
  }
}

TEST_F(SpoolAreaTest, OnlyAFileOfItsOwnIsAdoptedAndOnlyOnce) {
  const SpoolArea area = open();
  const auto adopted = area.adopt(written(area), kHead);
  ASSERT_TRUE(adopted);
  Result<UniqueFd> known = area.open_file(adopted->name);
  ASSERT_TRUE(known);
  EXPECT_FALSE(area.adopt(std::move(*known), kHead));

  scratch_.write("other", kHead);
  EXPECT_FALSE(area.adopt(UniqueFd{::open(scratch_.path("other").c_str(), O_RDONLY)}, kHead));
  EXPECT_FALSE(area.adopt(UniqueFd{::open(scratch_.path().c_str(), O_RDONLY)}, kHead));
  EXPECT_FALSE(area.adopt(UniqueFd{::open("/dev/null", O_RDONLY)}, kHead));
}

/// A file system that has no files without a name.
class NamedFileOps final : public PosixFileOps {
 public:
  Result<UniqueFd> open_at(int dir, const std::string& path, int flags, mode_t mode) override {
    if ((flags & O_TMPFILE) == O_TMPFILE) return Error::from_errno(EOPNOTSUPP, "open");
    return PosixFileOps::open_at(dir, path, flags, mode);
  }
};

TEST_F(SpoolAreaTest, AFileSystemWithoutNamelessFilesWillDo) {
  NamedFileOps files;
  System system{files, world_.clock, world_.randomness, 1, "h", {}};
  Result<SpoolArea> area = SpoolArea::open(system, scratch_.path());
  ASSERT_TRUE(area);
  const auto adopted = area->adopt(written(*area), kHead);
  ASSERT_TRUE(adopted) << adopted.error().what;
  EXPECT_THAT(scratch_.names("spool"), ElementsAre(adopted->name));
  Result<UniqueFd> known = area->open_file(adopted->name);
  ASSERT_TRUE(known);
  EXPECT_FALSE(area->adopt(std::move(*known), kHead));
}

TEST_F(SpoolAreaTest, ASweepRemovesWhatNoMessageHas) {
  SpoolArea area = open();
  const auto mine = area.adopt(written(area), kHead);
  const auto orphan = area.adopt(written(area), kHead);
  ASSERT_TRUE(mine && orphan);
  auto store = SqliteStore::open(world_.system, scratch_.path(), {});
  ASSERT_TRUE(store);
  NewMessage message;
  message.body = SpoolBody{mine->name};
  message.envelope.size = mine->size;
  message.recipients.emplace_back().address = "a@b";
  ASSERT_TRUE((*store)->begin(Durability::Now));
  ASSERT_TRUE((*store)->submit(message));
  ASSERT_TRUE((*store)->commit());
  EXPECT_EQ(*area.sweep(**store), 1U);
  EXPECT_THAT(scratch_.names("spool"), ElementsAre(mine->name));
  EXPECT_THAT(*(*store)->check(), IsEmpty());

  area.condemn(mine->name);
  EXPECT_THAT(scratch_.names("spool"), ElementsAre(mine->name));
  area.remove_condemned();
  EXPECT_THAT(scratch_.names("spool"), IsEmpty());
  EXPECT_THAT(*(*store)->check(), ElementsAre(testing::HasSubstr(mine->name)));
}

}  // namespace
}  // namespace lbx::queue
