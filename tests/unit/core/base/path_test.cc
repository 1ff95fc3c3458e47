// SPDX-License-Identifier: MIT
#include "core/base/path.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(SplitPathTest, ParentAndLeafAreWhatTheKernelWouldTake) {
  const auto split = [](const char* path) {
    const SplitPath parts = split_path(path);
    return parts.parent + '|' + parts.leaf;
  };
  EXPECT_EQ(split("a"), ".|a");
  EXPECT_EQ(split("a/b"), "a|b");
  EXPECT_EQ(split("/a"), "/|a");
  EXPECT_EQ(split("/a/b//"), "/a|b");
  EXPECT_EQ(split("./a/"), ".|a");
}

}  // namespace
}  // namespace lbx
