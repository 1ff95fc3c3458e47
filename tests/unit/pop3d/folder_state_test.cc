// SPDX-License-Identifier: MIT
#include "pop3d/folder_state.h"

#include <gtest/gtest.h>

#include <ctime>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::pop3d {
namespace {

class FolderStateTest : public testing::Test {
 protected:
  void SetUp() override {
    scratch.make_maildir("m");
    maildir.reset(::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY));
  }
  FolderState state() { return folder_state(outside.files, maildir.get()); }
  bool settled_after(std::int64_t seconds) {
    const FolderState now = state();
    outside.clock.time.seconds = now.cur_folder.changed / 1'000'000'000 + seconds;
    return is_settled(outside.system, maildir.get(), now);
  }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  UniqueFd maildir;
};

TEST_F(FolderStateTest, IsTheSameUntilSomethingIsMade) {
  const FolderState before = state();
  EXPECT_EQ(state(), before);
  scratch.write("m/new/a", "x");
  EXPECT_NE(state(), before);
}

TEST_F(FolderStateTest, IsSettledOnceTheLastChangeIsAWhileAgo) {
  EXPECT_FALSE(settled_after(0));
  EXPECT_FALSE(settled_after(kSettledSeconds - 1));
  EXPECT_TRUE(settled_after(kSettledSeconds + 1));
  EXPECT_FALSE(settled_after(-100));  // a clock that was set back
}

TEST_F(FolderStateTest, IsNeverSettledWithoutAFolderOrOnAForeignFileSystem) {
  outside.files.fail_every("file_system", ENOSYS);
  EXPECT_FALSE(settled_after(100));
  outside.files.fail_every("", 0);
  EXPECT_TRUE(settled_after(100));
  boost::filesystem::remove(scratch.path("m/new"));
  EXPECT_FALSE(settled_after(100));
}

}  // namespace
}  // namespace lbx::pop3d
