// SPDX-License-Identifier: MIT
#include "core/message/server_ids.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(ServerIdsTest, AKeywordIsAnAtom) {
  for (const char* text : {"$Forwarded", "NonJunk", "a", "Cat&AOk-", "x/y", "[Gmail"}) {
    EXPECT_TRUE(is_keyword(text)) << text;
  }
  for (const char* text : {"", "a b", "\\Seen", "a(", "a]", "é", "\"", "a*", "%", "{", "\x01"}) {
    EXPECT_FALSE(is_keyword(text)) << text;
  }
  EXPECT_TRUE(is_keyword(std::string(kMaxKeyword, 'k')));
  EXPECT_FALSE(is_keyword(std::string(kMaxKeyword + 1, 'k')));
}

TEST(ServerIdsTest, AnyTextBecomesOne) {
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

TEST(ServerIdsTest, AnIdOfPop3IsGraphicAsciiOfSeventyOctets) {
  EXPECT_TRUE(is_pop3_id(std::string(70, '!')));
  EXPECT_FALSE(is_pop3_id(std::string(71, '!')));
  for (const char* text : {"", "a b", "\x7f", "é"}) EXPECT_FALSE(is_pop3_id(text)) << text;
}

TEST(ServerIdsTest, AUidIsANumberBeyondZeroOf32Bits) {
  EXPECT_EQ(parse_uid("1"), 1U);
  EXPECT_EQ(parse_uid("4294967295"), 4294967295U);
  for (const char* text : {"0", "4294967296", "-1", "x", ""}) EXPECT_FALSE(parse_uid(text)) << text;
}

}  // namespace
}  // namespace lbx
