// SPDX-License-Identifier: MIT
#include "core/base/constant_time.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(ConstantTimeTest, OnlyTheSameOctetsAreEqual) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("a\xff", "a\xff"));
  EXPECT_FALSE(equal_in_constant_time("ab", "aB"));
  EXPECT_FALSE(equal_in_constant_time("bb", "ab"));
  EXPECT_FALSE(equal_in_constant_time("a", "ab"));
}

}  // namespace
}  // namespace lbx
