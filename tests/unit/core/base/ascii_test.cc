// SPDX-License-Identifier: MIT
#include "core/base/ascii.h"

#include <gmock/gmock.h>

namespace lbx::ascii {
namespace {

using testing::ElementsAre;

TEST(AsciiTest, OnlyAsciiLettersHaveACase) {
  EXPECT_EQ(to_lower("AZ\xc4[`"), "az\xc4[`");
  EXPECT_TRUE(equal_fold("Return-Path", "RETURN-path"));
  EXPECT_FALSE(equal_fold("a", "ab"));
  EXPECT_FALSE(equal_fold("[", "{"));
}

TEST(AsciiTest, PrefixIsFoundInAnyCaseAndNeverBeyondTheEnd) {
  EXPECT_TRUE(starts_with_fold("Subject: x", "SUBJECT:"));
  EXPECT_FALSE(starts_with_fold("Sub", "Subject"));
}

TEST(AsciiTest, TrimTakesBlanksOnly) {
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim_end(" a\r "), " a\r");
  EXPECT_EQ(trim("  "), "");
}

TEST(AsciiTest, SplitKeepsEmptyPieces) {
  EXPECT_THAT(split("a::b:", ':'), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ':'), ElementsAre(""));
}

TEST(AsciiTest, NumbersAreDigitsWithin64BitsAndNothingElse) {
  EXPECT_EQ(parse_number("0"), 0U);
  EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615U);
  for (const char* wrong : {"", " 1", "1 ", "+1", "-1", "1x", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(parse_number(wrong), std::nullopt) << wrong;
  }
}

TEST(AsciiTest, HexHasExactlyTheDigitsAskedFor) {
  EXPECT_EQ(to_hex(0xabcU, 16), "0000000000000abc");
  EXPECT_EQ(to_hex(0xabcU, 2), "bc");
}

TEST(AsciiTest, ReplaceTouchesOneOctetOnly) {
  EXPECT_EQ(replace("a b b", 'b', '-'), "a - -");
}

}  // namespace
}  // namespace lbx::ascii
