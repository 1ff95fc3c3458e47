// SPDX-License-Identifier: MIT
// The files and ids are those of dovecot 2.3.19 and courier-pop 1.0.16 for one Maildir.
#include "pop3d/imports.h"

#include <gmock/gmock.h>

namespace lbx::pop3d {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kUidlist =
    "3 V1795277323 N4 Gcb81d73a0bc2016b3310000083ecc375\n"
    "1 W22 :1000000001.M1P1.host\n"
    "2 W26 :1000000002.M2P2.host:2,S\n"
    "3 :1000000003.M3P3.host,S=14,W=17\n";
const std::string kOne = "1000000001.M1P1.host";
const std::string kTwo = "1000000002.M2P2.host";
const std::string kThree = "1000000003.M3P3.host,S=14,W=17";

std::vector<ImportedId> dovecot(std::string_view format, std::string_view list = kUidlist) {
  return ids_of_dovecot(list, format);
}

TEST(ImportsTest, DovecotsDefaultIsUidAndUidvalidity) {
  EXPECT_THAT(dovecot("%08Xu%08Xv"), ElementsAre(ImportedId{kOne, "000000016b01c20b"},
                                                 ImportedId{kTwo, "000000026b01c20b"},
                                                 ImportedId{kThree, "000000036b01c20b"}));
}

TEST(ImportsTest, DovecotsOtherForms) {
  const auto first = [](std::string_view format) {
    const auto ids = dovecot(format);
    return ids.empty() ? "none" : ids[0].id;
  };
  EXPECT_EQ(first("%v.%u"), "1795277323.1");
  EXPECT_EQ(first("%g"), kOne);
  EXPECT_EQ(first("%f"), kOne);
  EXPECT_EQ(first("%Mf"), "fad7a13d147bf82c60397c36f118ff30");
  EXPECT_EQ(first("%-8Xu.%04u.%5u.%Uf.%Xv.%3v.%-3v"),
            "1.0001.1.1000000001.M1P1.HOST.6b01c20b.179.179");
  EXPECT_EQ(first("x%%%u"), "x%1");
  EXPECT_EQ(first("%m"), "none");
  EXPECT_EQ(first("%"), "none");
  EXPECT_EQ(first("%u %v"), "none");  // a blank may not stand in an id
}

TEST(ImportsTest, AnIdThatDovecotHasSavedAndAGuidComeFirst) {
  EXPECT_THAT(dovecot("%g", "3 V7 N4\n1 W22 Pold-id O3 :a\n2 Gguid :b:2,S\n"),
              ElementsAre(ImportedId{"a", "old-id"}, ImportedId{"b", "guid"}));
}

TEST(ImportsTest, DovecotsFirstVersionHasNoColon) {
  EXPECT_THAT(dovecot("%u-%v", "1 1000 3\n1 a\n2 b c:2,S\n"),
              ElementsAre(ImportedId{"a", "1-1000"}, ImportedId{"b c", "2-1000"}));
}

TEST(ImportsTest, BrokenListsGiveWhatIsWholeAndNoMore) {
  EXPECT_THAT(dovecot("%u", ""), IsEmpty());
  EXPECT_THAT(dovecot("%u", "2 V7 N4\n1 :a\n"), IsEmpty());
  EXPECT_THAT(dovecot("%u", "3 N4\n1 :a\n"), IsEmpty());
  EXPECT_THAT(dovecot("%u", "3 V7\nx :a\n1\n2 W1\n3 :\n4 :d"), ElementsAre(ImportedId{"d", "4"}));
  EXPECT_THAT(ids_of_courier("/1 4 7\na 1 1:7\n"), IsEmpty());
  EXPECT_THAT(ids_of_courier("/3 4 7\na\n 1 1:7\nb 1 x:7\nc 1 0:7:0\nd 1 4:7:0"),
              ElementsAre(ImportedId{"d", "UID4-7"}));
}

TEST(ImportsTest, CouriersIdsAreNumberAndValidity) {
  EXPECT_THAT(ids_of_courier("/3 4 1795277288\n"
                             "1000000001.M1P1.host:2,S 22 1:1795277288:0\n"
                             "1000000002.M2P2.host:2, 26 2:1795277288:0\n"
                             "name with blanks:2, 17 3:1795277288:0\n"),
              ElementsAre(ImportedId{kOne, "UID1-1795277288"}, ImportedId{kTwo, "UID2-1795277288"},
                          ImportedId{"name with blanks", "UID3-1795277288"}));
  EXPECT_THAT(ids_of_courier("/2 4 7\na:2,S 22 1:7\n"), ElementsAre(ImportedId{"a", "UID1-7"}));
}

}  // namespace
}  // namespace lbx::pop3d
