// SPDX-License-Identifier: MIT
#include "pop3d/sizes.h"

#include <gtest/gtest.h>

namespace lbx::pop3d {
namespace {

TEST(SizesTest, ATimeStandsInFrontOfTheName) {
  EXPECT_EQ(time_in_name("1000000001.1.host"), 1'000'000'001'000'000'000);
  EXPECT_EQ(time_in_name("1000000001.M000023P7.host"), 1'000'000'001'000'023'000);
  EXPECT_EQ(time_in_name("1000000001.Mx.host"), 1'000'000'001'000'000'000);
  EXPECT_EQ(time_in_name("5.M1000000P7.host"), 5'000'000'000);  // no part of a second
  for (const char* each :
       {"", "x", "1000000001", ".1", "a.1", "99999999999999999999.1", "12345678901234.1"}) {
    EXPECT_EQ(time_in_name(each), std::nullopt) << each;
  }
}

TEST(SizesTest, ASizeInANameIsBelievedOnlyWhereTheOtherOneFits) {
  EXPECT_EQ(octets_in_name("1.a.host,S=10,W=12"), 12U);
  EXPECT_EQ(octets_in_name("1.a.host,W=12,S=10"), 12U);
  EXPECT_EQ(octets_in_name("1.a.host,S=10,W=22"), 22U);
  EXPECT_EQ(octets_in_name("1.a.host,S=0,W=0"), 0U);
  for (const char* each :
       {"1.a.host,S=10", "1.a.host,W=12", "1.a.host,S=10,W=9", "1.a.host,S=10,W=23",
        "1.a.host,S=0,W=2", "1.a.host,S=10,W=12x", "1.a.host,S=x,W=12",
        "1.a.host,S=10,W=99999999999999999999", "1.a.host"}) {
    EXPECT_EQ(octets_in_name(each), std::nullopt) << each;
  }
}

}  // namespace
}  // namespace lbx::pop3d
