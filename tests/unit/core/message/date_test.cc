// SPDX-License-Identifier: MIT
#include "core/message/date.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace lbx {
namespace {

TEST(DateTest, WritesTheFormsOfQmail) {
  EXPECT_EQ(format_asctime(1'000'000'000), "Sun Sep 09 01:46:40 2001");
  EXPECT_EQ(format_rfc822(1'000'000'000), "9 Sep 2001 01:46:40 -0000");
  EXPECT_EQ(format_asctime(0), "Thu Jan 01 00:00:00 1970");
}

TEST(DateTest, WritesTheZoneThatItIsGiven) {
  constexpr std::int64_t kTime = 1'000'000'000;
  EXPECT_EQ(format_rfc822(kTime, {7200, true}), "9 Sep 2001 03:46:40 +0200");
  EXPECT_EQ(format_rfc822(kTime, {-12600, true}), "8 Sep 2001 22:16:40 -0330");
  EXPECT_EQ(format_rfc822(kTime, {0, true}), "9 Sep 2001 01:46:40 +0000");
  EXPECT_EQ(format_rfc822(kTime, {0, false}), "9 Sep 2001 01:46:40 -0000");
  EXPECT_EQ(format_rfc822(kTime, {1172, true}), "9 Sep 2001 02:05:40 +0019");
  EXPECT_EQ(format_compact(kTime), "20010909014640");
}

class LocalZoneTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const zone = std::getenv("TZ");
    if (zone != nullptr) before_ = zone;
  }
  void TearDown() override {
    if (before_) {
      use(before_->c_str());
    } else {
      ::unsetenv("TZ");
      ::tzset();
    }
  }
  static void use(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }

 private:
  std::optional<std::string> before_;
};

TEST_F(LocalZoneTest, ChangesWhenSummerTimeDoes) {
  use("CET-1CEST,M3.5.0,M10.5.0/3");
  constexpr std::int64_t kSpring = 1'711'846'800;  // 2024-03-31 01:00:00 UTC
  constexpr std::int64_t kAutumn = 1'729'990'800;  // 2024-10-27 01:00:00 UTC
  EXPECT_EQ(format_rfc822(kSpring - 1, zone_of(kSpring - 1)), "31 Mar 2024 01:59:59 +0100");
  EXPECT_EQ(format_rfc822(kSpring, zone_of(kSpring)), "31 Mar 2024 03:00:00 +0200");
  EXPECT_EQ(format_rfc822(kAutumn - 1, zone_of(kAutumn - 1)), "27 Oct 2024 02:59:59 +0200");
  EXPECT_EQ(format_rfc822(kAutumn, zone_of(kAutumn)), "27 Oct 2024 02:00:00 +0100");
}

TEST_F(LocalZoneTest, UtcIsNoZoneButGmtIsOne) {
  use("UTC");
  EXPECT_FALSE(zone_of(0).known);
  use("GMT0");
  EXPECT_TRUE(zone_of(0).known);
  EXPECT_EQ(zone_of(0).offset, 0);
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
