// SPDX-License-Identifier: MIT
#include "core/maildir/dovecot_keywords.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(DovecotKeywordsTest, WhatIsWrittenIsReadBack) {
  DovecotKeywords keywords;
  EXPECT_TRUE(keywords.empty());
  EXPECT_EQ(keywords.add("$Label1"), 'a');
  EXPECT_EQ(keywords.add("NonJunk"), 'b');
  EXPECT_EQ(keywords.str(), "0 $Label1\n1 NonJunk\n");
  EXPECT_EQ(DovecotKeywords::parse(keywords.str()), keywords);
  EXPECT_FALSE(keywords.empty());
  EXPECT_EQ(keywords.name_of('b'), "NonJunk");
  EXPECT_EQ(keywords.name_of('c'), "");
  EXPECT_EQ(keywords.name_of('B'), "");
}

TEST(DovecotKeywordsTest, ANameHasOneLetterInAnyCase) {
  DovecotKeywords keywords = DovecotKeywords::parse("3 Work\n");
  EXPECT_EQ(keywords.add("WORK"), 'd');
  EXPECT_EQ(keywords.add("Other"), 'a');
  EXPECT_EQ(keywords.letter_of("work"), 'd');
  EXPECT_EQ(keywords.letter_of("none"), std::nullopt);
}

TEST(DovecotKeywordsTest, ATwentySeventhKeywordHasNoPlace) {
  DovecotKeywords keywords;
  for (int i = 0; i < 26; ++i) ASSERT_TRUE(keywords.add("k" + std::to_string(i)));
  EXPECT_EQ(keywords.add("k25"), 'z');
  EXPECT_EQ(keywords.add("k26"), std::nullopt);
  EXPECT_EQ(DovecotKeywords::parse(keywords.str()), keywords);
}

TEST(DovecotKeywordsTest, BrokenLinesArePassedOver) {
  EXPECT_EQ(DovecotKeywords::parse("0 a\n26 b\nx c\n\n1\n2 \n3 d e\n0 f\n4 A\n-1 g\n5 h").str(),
            "0 a\n5 h\n");
}

}  // namespace
}  // namespace lbx
