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

TEST(KeywordTest, AKeywordIsAnAtom) {
  for (const char* text : {"$Forwarded", "NonJunk", "a", "Cat&AOk-", "x/y", "[Gmail"}) {
    EXPECT_TRUE(is_keyword(text)) << text;
  }
  for (const char* text : {"", "a b", "\\Seen", "a(", "a]", "é", "\"", "a*", "%", "{", "\x01"}) {
    EXPECT_FALSE(is_keyword(text)) << text;
  }
  EXPECT_TRUE(is_keyword(std::string(kMaxKeyword, 'k')));
  EXPECT_FALSE(is_keyword(std::string(kMaxKeyword + 1, 'k')));
}

TEST(KeywordTest, AnyTextBecomesOne) {
  EXPECT_EQ(to_keyword("Work"), "Work");
  EXPECT_EQ(to_keyword(" Category Updates "), "Category_Updates");
  EXPECT_EQ(to_keyword("Büro (alt)"), "B&APw-ro__alt_");
  EXPECT_EQ(to_keyword("\\Seen"), "_Seen");
  EXPECT_EQ(to_keyword("a\xff"), "a_");
  EXPECT_EQ(to_keyword(""), std::nullopt);
  EXPECT_EQ(to_keyword("  "), std::nullopt);
  const auto cut = to_keyword(std::string(1000, 'k'));
  ASSERT_TRUE(cut);
  EXPECT_TRUE(is_keyword(*cut));
}

}  // namespace
}  // namespace lbx
