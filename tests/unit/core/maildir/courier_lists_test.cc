// SPDX-License-Identifier: MIT
#include "core/maildir/courier_lists.h"

#include <gmock/gmock.h>

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pop3(std::string_view text) {
  Pairs all;
  auto reader = CourierPop3Reader::open(text);
  if (!reader) return all;
  while (const auto entry = reader->next()) all.emplace_back(entry->base, entry->id.str());
  return all;
}

std::vector<std::pair<unsigned, std::string>> uids(std::string_view text) {
  std::vector<std::pair<unsigned, std::string>> all;
  auto reader = CourierUidReader::open(text);
  if (!reader) return all;
  while (const auto entry = reader->next()) all.emplace_back(entry->uid, entry->base);
  return all;
}

Pairs keywords(std::string_view text) {
  Pairs all;
  for_each_courier_keywords(text, [&](std::string_view base, const auto& names) {
    std::string joined;
    for (const std::string_view name : names) joined.append(name).append("|");
    all.emplace_back(base, joined);
  });
  return all;
}

TEST(CourierListsTest, UidsAreReadWithTheirValidity) {
  const auto reader = CourierUidReader::open("1 614280395 4\n1 a:2,S\n");
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->validity(), 614280395U);
  EXPECT_EQ(reader->next_uid(), 4U);
  EXPECT_THAT(uids("1 614280395 4\n1 a\n3 b c:2,S\n"), ElementsAre(Pair(1, "a"), Pair(3, "b c")));
}

TEST(CourierListsTest, BrokenUidsArePassedOver) {
  for (const char* text : {"", "2 7 4\n1 a\n", "1 0 4\n1 a\n", "1 7\n1 a\n", "1 x 4\n"}) {
    EXPECT_FALSE(CourierUidReader::open(text)) << text;
  }
  EXPECT_THAT(uids("1 7 4\nx a\n0 a\n2\n2 \n3 d"), ElementsAre(Pair(3, "d")));
}

TEST(CourierListsTest, Pop3IdsAreNumberAndValidity) {
  EXPECT_THAT(pop3("/3 4 1795277288\n"
                   "1000000001.M1P1.host:2,S 22 1:1795277288:0\n"
                   "name with blanks:2, 17 3:1795277288:0\n"),
              ElementsAre(Pair("1000000001.M1P1.host", "UID1-1795277288"),
                          Pair("name with blanks", "UID3-1795277288")));
  EXPECT_THAT(pop3("/2 4 7\na:2,S 22 1:7\n"), ElementsAre(Pair("a", "UID1-7")));
  EXPECT_THAT(pop3("/1 4 7\na 1 1:7\n"), IsEmpty());
  EXPECT_THAT(pop3("/3 4 7\na\n 1 1:7\nb 1 x:7\nc 1 0:7:0\nd 1 4:7:0"),
              ElementsAre(Pair("d", "UID4-7")));
}

TEST(CourierListsTest, AnIdIsReadOnlyAsCourierWritesIt) {
  EXPECT_EQ(CourierPop3Id::parse("UID5-77"), (CourierPop3Id{5, 77}));
  EXPECT_EQ(CourierPop3Id::parse("UID5"), (CourierPop3Id{5, 0}));
  for (const char* text : {"", "UID", "UID-7", "UID0-7", "UID05-7", "UID5-", "UID5-07", "UID5-0",
                           "uid5-7", "UID5-7 ", "UID5-4294967296", "5-7"}) {
    EXPECT_FALSE(CourierPop3Id::parse(text)) << text;
  }
}

TEST(CourierListsTest, WhatIsWrittenIsReadBack) {
  EXPECT_THAT(uids(courier_uid_head(7, 4) + courier_uid_line(3, "b c")),
              ElementsAre(Pair(3, "b c")));
  const std::string text = courier_pop3_head(9, 7) + courier_pop3_line({"a b", {8, 7}, 21});
  auto reader = CourierPop3Reader::open(text);
  ASSERT_TRUE(reader);
  const auto entry = reader->next();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->base, "a b");
  EXPECT_EQ(entry->id, (CourierPop3Id{8, 7}));
  EXPECT_EQ(entry->octets, 21U);
  EXPECT_THAT(keywords(courier_keywords_head({"x", "y"}) + courier_keywords_line("a", {1, 0}) +
                       courier_keywords_line("b", {0})),
              ElementsAre(Pair("a", "y|x|"), Pair("b", "x|")));
}

TEST(CourierListsTest, KeywordsAreNumbersOfTheNamesAbove) {
  EXPECT_THAT(keywords("$Forwarded\nWork\n\na:1 0\nb:0\n"),
              ElementsAre(Pair("a", "Work|$Forwarded|"), Pair("b", "$Forwarded|")));
  EXPECT_THAT(keywords("Work\n\na:7\n:0\nb\nc:x 0"), ElementsAre(Pair("c", "Work|")));
  EXPECT_THAT(keywords(""), IsEmpty());
}

}  // namespace
}  // namespace lbx
