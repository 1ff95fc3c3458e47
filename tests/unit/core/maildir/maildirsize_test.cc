// SPDX-License-Identifier: MIT
#include "core/maildir/maildirsize.h"

#include <gtest/gtest.h>

#include <limits>

namespace lbx {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(QuotaLimit, ReadsWhatSettingsSay) {
  const auto parsed = [](std::string_view text) { return *QuotaLimit::parse(text); };
  EXPECT_EQ(parsed("1000S"), (QuotaLimit{1000, 0}));
  EXPECT_EQ(parsed("1000S,20C"), (QuotaLimit{1000, 20}));
  EXPECT_EQ(parsed("20C,1000S"), (QuotaLimit{1000, 20}));
  EXPECT_EQ(parsed("2K"), (QuotaLimit{2048, 0}));
  EXPECT_EQ(parsed("3MS,1KC"), (QuotaLimit{3145728, 1024}));
  EXPECT_EQ(parsed("1G"), (QuotaLimit{1073741824, 0}));
  EXPECT_EQ(parsed(""), QuotaLimit{});
}

TEST(QuotaLimit, RefusesAnythingElse) {
  for (const char* text : {"x", "S", "10X", "10SS", "-1S", "1 S", "1S,", ",", "K", "1,5G",
                           "18446744073709551616S", "18014398509481984K"}) {
    // "1,5G" is two sizes; the last one counts, as in a file.
    const bool two_sizes = std::string_view{text} == "1,5G";
    EXPECT_EQ(QuotaLimit::parse(text).has_value(), two_sizes) << text;
  }
}

TEST(QuotaLimit, HasRoomUpToTheLastOctetAndMessage) {
  const QuotaLimit limit{100, 3};
  EXPECT_TRUE(limit.has_room({90, 2}, 10));
  EXPECT_FALSE(limit.has_room({90, 2}, 11));
  EXPECT_FALSE(limit.has_room({0, 3}, 1));
  EXPECT_FALSE(limit.has_room({90, 2}, kMost));
  EXPECT_FALSE(limit.has_room({101, 0}, 0));
  EXPECT_TRUE((QuotaLimit{0, 3}.has_room({kMost, 2}, kMost)));
}

TEST(QuotaLimit, SaysHowFullItIs) {
  EXPECT_EQ((QuotaLimit{200, 10}.percent({100, 9})), 90U);
  EXPECT_EQ((QuotaLimit{200, 0}.percent({199, 9})), 99U);
  EXPECT_EQ(QuotaLimit{}.percent({199, 9}), 0U);
}

TEST(Maildirsize, SumsItsLines) {
  const Maildirsize size =
      Maildirsize::parse("1000S,20C\n500 3\n-100 -1\n         7            1\n");
  EXPECT_FALSE(size.broken);
  EXPECT_TRUE(size.limit_known);
  EXPECT_EQ(size.limit, (QuotaLimit{1000, 20}));
  EXPECT_EQ(size.usage, (QuotaUsage{407, 3}));
  EXPECT_EQ(size.lines, 3U);
}

TEST(Maildirsize, ATornOrForeignLineBreaksIt) {
  for (const char* lines : {"500", "500 3", "500 3\n12", "500 3\n12 \n", "500 3\nx y\n", "\n",
                            "500 3\n\n", "500 3 4\n", "5003\n", "9223372036854775808 1\n",
                            "9223372036854775807 1\n1 1\n", "-1 0\n", "0 -1\n", ""}) {
    const Maildirsize size = Maildirsize::parse(std::string{"1000S\n"} + lines);
    EXPECT_TRUE(size.broken) << lines;
    EXPECT_EQ(size.limit, (QuotaLimit{1000, 0})) << lines;
  }
}

TEST(Maildirsize, AFirstLineWithoutALimitBreaksIt) {
  for (const char* text : {"", "\n5 1\n", "x\n5 1\n", "S\n5 1\n", "12X\n5 1\n", "5 1\n"}) {
    const Maildirsize size = Maildirsize::parse(text);
    EXPECT_TRUE(size.broken) << text;
    EXPECT_FALSE(size.limit_known) << text;
  }
}

TEST(Maildirsize, NoLimitIsALimitToo) {
  const Maildirsize size = Maildirsize::parse("0S\n5 1\n");
  EXPECT_TRUE(size.limit_known);
  EXPECT_FALSE(size.broken);
  EXPECT_FALSE(size.limit.any());
  EXPECT_EQ(QuotaLimit{}.str(), "0S");
}

TEST(Maildirsize, BeyondItsLengthItIsBrokenButKeepsItsLimit) {
  std::string text = "1000S\n";
  while (text.size() + 4 <= kMaxMaildirsize) text += "1 1\n";
  EXPECT_FALSE(Maildirsize::parse(text).broken);
  text += "1 1\n";
  EXPECT_TRUE(Maildirsize::parse(text).broken);
  EXPECT_EQ(Maildirsize::parse(text).limit.octets, 1000U);
}

TEST(Maildirsize, WhatIsWrittenIsReadBack) {
  Maildirsize size;
  size.limit = {5, 7};
  size.limit_known = true;
  size.usage = {100, 3};
  size.lines = 1;
  EXPECT_EQ(size.str(), "5S,7C\n100 3\n");
  EXPECT_EQ(Maildirsize::parse(size.str()), size);
  EXPECT_EQ(maildirsize_line({10, 1}, -1), "-10 -1\n");
}

}  // namespace
}  // namespace lbx
