// SPDX-License-Identifier: MIT
#include "core/maildir/dovecot_uidlist.h"

#include <gmock/gmock.h>

#include <vector>

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// As Dovecot 2.3.19 wrote it.
constexpr std::string_view kList =
    "3 V1795277323 N4 Gcb81d73a0bc2016b3310000083ecc375\n"
    "1 W22 :1000000001.M1P1.host\n"
    "2 Pold-id O3 W26 S25 :1000000002.M2P2.host:2,S\n"
    "3 :1000000003.M3P3.host,S=14,W=17\n";

std::vector<UidlistEntry> entries(std::string_view text) {
  std::vector<UidlistEntry> all;
  auto reader = UidlistReader::open(text);
  if (!reader) return all;
  while (const auto entry = reader->next()) all.push_back(*entry);
  return all;
}

TEST(DovecotUidlistTest, EveryFieldIsRead) {
  const auto reader = UidlistReader::open(kList);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->header(), (UidlistHeader{1795277323, 4, "cb81d73a0bc2016b3310000083ecc375"}));
  EXPECT_THAT(entries(kList),
              ElementsAre(UidlistEntry{1, "1000000001.M1P1.host", {}, {}, {}, 22, {}},
                          UidlistEntry{2, "1000000002.M2P2.host", {}, "old-id", 3, 26, 25},
                          UidlistEntry{3, "1000000003.M3P3.host,S=14,W=17", {}, {}, {}, {}, {}}));
}

TEST(DovecotUidlistTest, WhatIsWrittenIsReadBack) {
  const UidlistHeader header{7, 12, "0123456789abcdef0123456789abcdef"};
  const UidlistEntry entry{11, "a b", "guid", "id", 1, 2, 3};
  const std::string text = to_line(header) + to_line(entry);
  EXPECT_EQ(text, "3 V7 N12 G0123456789abcdef0123456789abcdef\n11 Gguid Pid O1 W2 S3 :a b\n");
  EXPECT_EQ(UidlistReader::open(text)->header(), header);
  EXPECT_THAT(entries(text), ElementsAre(entry));
}

TEST(DovecotUidlistTest, TheFirstVersionHasNoFields) {
  const auto reader = UidlistReader::open("1 1000 3\n1 a\n2 b c:2,S\n");
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->header(), (UidlistHeader{1000, 3, ""}));
  EXPECT_THAT(entries("1 1000 3\n1 a\n2 b c:2,S\n"),
              ElementsAre(UidlistEntry{1, "a", {}, {}, {}, {}, {}},
                          UidlistEntry{2, "b c", {}, {}, {}, {}, {}}));
}

TEST(DovecotUidlistTest, BrokenListsGiveWhatIsWholeAndNoMore) {
  for (const char* text : {"", "\n", "2 V7 N4\n1 :a\n", "3 N4\n1 :a\n", "3 V0 N1\n", "1 7\n1 a\n",
                           "3 V4294967296 N1\n1 :a\n"}) {
    EXPECT_FALSE(UidlistReader::open(text)) << text;
  }
  EXPECT_THAT(entries("3 V7\nx :a\n1\n2 W1\n3 :\n0 :z\n4294967296 :y\n5  Wx  :e\n4 :d"),
              ElementsAre(UidlistEntry{5, "e", {}, {}, {}, {}, {}},
                          UidlistEntry{4, "d", {}, {}, {}, {}, {}}));
}

}  // namespace
}  // namespace lbx
