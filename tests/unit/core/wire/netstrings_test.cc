// SPDX-License-Identifier: MIT
#include "core/wire/netstrings.h"

#include <gtest/gtest.h>

namespace lbx::wire {
namespace {

TEST(NetstringsTest, WhatIsJoinedIsSplitAgain) {
  const std::vector<std::string> fields{"a", "", std::string("\0,:", 3), "1:x,"};
  EXPECT_EQ(join_netstrings(fields), std::string("1:a,0:,3:\0,:,4:1:x,,", 20));
  const auto again = split_netstrings(join_netstrings(fields), 4);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*again, fields);
}

TEST(NetstringsTest, WhatIsNoneIsAnError) {
  for (const char* const wrong : {"1", "1:", "1:a", "1:ab", "2:a,", ":a,", "-1:a,", "1:a,x",
                                  "99999999999999999999:a,", "18446744073709551615:a,"}) {
    EXPECT_FALSE(split_netstrings(wrong, 9)) << wrong;
  }
}

TEST(NetstringsTest, MoreThanAreAllowedAreAnError) {
  EXPECT_TRUE(split_netstrings("1:a,1:b,", 2));
  EXPECT_FALSE(split_netstrings("1:a,1:b,1:c,", 2));
}

}  // namespace
}  // namespace lbx::wire
