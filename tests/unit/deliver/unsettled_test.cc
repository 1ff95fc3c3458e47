// SPDX-License-Identifier: MIT
#include "deliver/unsettled.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "support/scratch.h"

namespace lbx::deliver {
namespace {

class CountingFileOps final : public PosixFileOps {
 public:
  int syncs{0};
  bool fails{false};

  Result<void> sync(int fd) override {
    ++syncs;
    if (fails) return Error::from_errno(EIO, "fsync");
    return PosixFileOps::sync(fd);
  }
};

class UnsettledTest : public testing::Test {
 protected:
  UnsettledTest() {
    scratch.make_directory("one");
    scratch.make_directory("two");
  }
  void add(const char* name) {
    ASSERT_TRUE(
        unsettled.add(files.open_at(scratch.fd(), name, O_RDONLY | O_DIRECTORY, 0).value()));
  }

  testing_support::ScratchDirectory scratch;
  CountingFileOps files;
  Unsettled unsettled{files};
};

TEST_F(UnsettledTest, EachDirectoryIsFlushedOnceAndNotAgain) {
  for (const char* const name : {"one", "two", "one", "one"}) add(name);
  EXPECT_EQ(files.syncs, 0);
  EXPECT_TRUE(unsettled.settle());
  EXPECT_EQ(files.syncs, 2);
  EXPECT_TRUE(unsettled.settle());
  EXPECT_EQ(files.syncs, 2);
  add("one");
  EXPECT_TRUE(unsettled.settle());
  EXPECT_EQ(files.syncs, 3);
}

TEST_F(UnsettledTest, AFlushThatFailsIsToldAndTheOthersAreMade) {
  add("one");
  add("two");
  files.fails = true;
  EXPECT_FALSE(unsettled.settle());
  EXPECT_EQ(files.syncs, 2);
}

}  // namespace
}  // namespace lbx::deliver
