// SPDX-License-Identifier: MIT
#include "core/message/date.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(DateTest, WritesTheFormsOfQmail) {
  EXPECT_EQ(format_asctime(1'000'000'000), "Sun Sep 09 01:46:40 2001");
  EXPECT_EQ(format_rfc822(1'000'000'000), "9 Sep 2001 01:46:40 -0000");
  EXPECT_EQ(format_asctime(0), "Thu Jan 01 00:00:00 1970");
}

TEST(DateTest, ReadsDatesOfRfc5322AndTheObsoleteForms) {
  for (const char* text : {
           "Sun, 9 Sep 2001 01:46:40 +0000",
           "9 Sep 2001 01:46:40 -0000",
           "Sun, 09 Sep 2001 03:46:40 +0200",
           "Sat, 8 Sep 2001 21:46:40 EDT",
           "Sat, 8 Sep 01 18:46:40 PDT (Pacific (really))",
           "Sunday, 9 September 2001 01:46:40",
           "9 Sep 2001 01:46:40 nonsense",
       }) {
    EXPECT_EQ(parse_rfc5322_date(text), 1'000'000'000) << text;
  }
  EXPECT_EQ(parse_rfc5322_date("9 Sep 2001 01:46 GMT"), 1'000'000'000 - 40);
}

TEST(DateTest, RefusesDaysThatAreNotAndTextThatIsNoDate) {
  for (const char* text :
       {"", "yesterday", "31 Feb 2001 00:00:00 +0000", "9 Sep 2001", "9 Sep 2001 25:00:00 +0000",
        "9 Sep 2001 1:2:3:4 +0000", "9 Xyz 2001 01:46:40 +0000", "99999999999 Sep 2001 01:46:40"}) {
    EXPECT_EQ(parse_rfc5322_date(text), std::nullopt) << text;
  }
}

TEST(DateTest, ZonesAreOffsetsOrNames) {
  EXPECT_EQ(parse_zone("+0530"), 19800);
  EXPECT_EQ(parse_zone("-0800"), -28800);
  EXPECT_EQ(parse_zone("met"), 3600);
  EXPECT_EQ(parse_zone("+0560"), std::nullopt);
  EXPECT_EQ(parse_zone("0530"), std::nullopt);
}

TEST(DateTest, LeapDaysAreChecked) {
  EXPECT_TRUE(to_seconds(2000, 1, 29, 0, 0, 0));
  EXPECT_FALSE(to_seconds(2001, 1, 29, 0, 0, 0));
  EXPECT_FALSE(to_seconds(2001, 0, 0, 0, 0, 0));
}

}  // namespace
}  // namespace lbx
