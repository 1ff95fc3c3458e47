// SPDX-License-Identifier: MIT
#include "deliver/spawn_protocol.h"

#include <gmock/gmock.h>

#include <vector>

namespace lbx::deliver {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

std::vector<SpawnCommand> read(const std::vector<std::string>& pieces) {
  std::vector<SpawnCommand> out;
  SpawnReader reader;
  for (const std::string& each : pieces) {
    reader.feed(each, [&](const SpawnCommand& command) { out.push_back(command); });
  }
  return out;
}

const std::string kTwo = "\0000/23\0s@x\0joe@h\0\0071/4\0\0a@b\0"s;
const SpawnCommand kFirst{0, "0/23", "s@x", "joe@h", false};
const SpawnCommand kSecond{7, "1/4", "", "a@b", false};

TEST(SpawnReaderTest, EveryCutGivesTheSameCommands) {
  for (std::size_t cut = 0; cut <= kTwo.size(); ++cut) {
    EXPECT_THAT(read({kTwo.substr(0, cut), kTwo.substr(cut)}), ElementsAre(kFirst, kSecond)) << cut;
  }
}

TEST(SpawnReaderTest, ACommandWithoutItsEndIsNone) {
  EXPECT_THAT(read({kTwo.substr(0, kTwo.size() - 1)}), ElementsAre(kFirst));
}

TEST(SpawnReaderTest, ATextWithoutEndTakesNoMemoryAndIsRefused) {
  const std::string text = "\0010/1\0"s + std::string(10 * kMaxSpawnText, 'x') + "\0joe@h\0"s;
  const std::vector<SpawnCommand> got = read({text, kTwo});
  ASSERT_THAT(got, SizeIs(3));
  EXPECT_EQ(got[0].sender.size(), kMaxSpawnText);
  EXPECT_THAT(spawn_refusal(got[0]), StartsWith("D"));
  EXPECT_EQ(got[1], kFirst);
}

TEST(SpawnRefusalTest, NamesOfMessagesAreDigitsAndSlashes) {
  EXPECT_EQ(spawn_refusal(kFirst), "");
  EXPECT_EQ(spawn_refusal({0, std::string(kMaxSpawnMessage, '1'), "", "a@b", false}), "");
  for (const std::string& bad :
       {""s, "../x"s, "0/2a"s, "/1"s, "-1"s, std::string(kMaxSpawnMessage + 1, '1')}) {
    EXPECT_THAT(spawn_refusal({0, bad, "", "a@b", false}), StartsWith("D")) << bad;
  }
}

TEST(SpawnRefusalTest, ARecipientHasAHost) {
  EXPECT_EQ(spawn_refusal({0, "0/1", "", "joe", false}),
            "DSorry, address must include host name. (#5.1.3)\n");
}

TEST(LocalReportTest, TheStatusDecides) {
  EXPECT_EQ(local_report({false, 0}, "did 1+0+0\n"), "Kdid 1+0+0\n");
  for (const int later : {71, 74, 75, 111}) {
    EXPECT_EQ(local_report({false, later}, "wait\n"), "Zwait\n") << later;
  }
  for (const int never : {1, 77, 100, 255}) {
    EXPECT_EQ(local_report({false, never}, "no\n"), "Dno\n") << never;
  }
  EXPECT_EQ(local_report({true, 9}, "half a sen"), "Zqmail-local crashed.\n");
}

TEST(LocalReportTest, ADeliveryThatCouldNotBeginHasItsOwnSentence) {
  EXPECT_EQ(local_report({false, 113}, "x"), "ZNot allowed to perform deliveries as root.\n");
  EXPECT_EQ(local_report({false, 126}, ""), "DUnable to run qmail-local.\n");
  for (const int code : {112, 113, 115, 116, 117, 118, 119, 120, 121}) {
    EXPECT_THAT(local_report({false, code}, ""), StartsWith("Z")) << code;
  }
}

TEST(LocalReportTest, MuchOutputIsCutAndSaysSo) {
  EXPECT_THAT(local_report({false, 0}, std::string(kMaxSpawnReport, 'x')),
              SizeIs(kMaxSpawnReport + 1));
  const std::string cut = local_report({false, 0}, std::string(kMaxSpawnReport + 1, 'x'));
  EXPECT_THAT(spawn_report(3, cut), SizeIs(kMaxSpawnReport));
  EXPECT_THAT(cut, HasSubstr("x\nError report too long, sorry.\n"));
}

TEST(SpawnReportTest, EndsAtTheFirstNul) {
  EXPECT_EQ(spawn_report(5, "Kone\0two"s), "\005Kone\0"s);
}

}  // namespace
}  // namespace lbx::deliver
