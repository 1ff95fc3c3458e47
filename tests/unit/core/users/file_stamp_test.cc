// SPDX-License-Identifier: MIT
#include "core/users/file_stamp.h"

#include <gtest/gtest.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::users {
namespace {

TEST(FileStampTest, DiffersWhereTheFileDoes) {
  const testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  const auto stamp = [&] { return *stamp_of(outside.files, scratch.path("f")); };
  EXPECT_FALSE(stamp().exists);
  EXPECT_EQ(stamp(), stamp());
  scratch.write("f", "one");
  const FileStamp first = stamp();
  EXPECT_EQ(first, stamp());
  scratch.write("f", "three");
  EXPECT_NE(first, stamp());
  outside.files.fail_every("stat", EIO);
  EXPECT_FALSE(stamp_of(outside.files, scratch.path("f")));
}

TEST(FileStampTest, IsTrustedOnceItIsNoLongerFresh) {
  FileStamp stamp;
  EXPECT_TRUE(stamp.settled({0, 0}));
  stamp.exists = true;
  stamp.changed = 1000;
  EXPECT_FALSE(stamp.settled({1000 + kFreshSeconds, 0}));
  EXPECT_TRUE(stamp.settled({1001 + kFreshSeconds, 0}));
}

}  // namespace
}  // namespace lbx::users
