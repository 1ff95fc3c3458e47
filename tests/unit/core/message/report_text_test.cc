// SPDX-License-Identifier: MIT
#include "core/message/report_text.h"

#include <gtest/gtest.h>

#include <string>

namespace lbx {
namespace {

TEST(ReportTextTest, TheStatusStandsInParenthesesOrAtTheBeginning) {
  EXPECT_EQ(status_in("Sorry, no mailbox here by that name. (#5.1.1)\n"), "5.1.1");
  EXPECT_EQ(status_in("one (#x) two\n(#4.2.1)(#5.0.0)\n"), "4.2.1");
  EXPECT_EQ(status_in("5.7.1 not for you\n"), "5.7.1");
  EXPECT_EQ(status_in("4.3.123"), "4.3.123");
}

TEST(ReportTextTest, WhatOnlyLooksLikeAStatusIsNone) {
  for (const char* text :
       {"", "(#5.1)", "(#5.1.)", "(#6.1.1)", "(#5.1.1", "(#5.1234.1)", "(#5.1.1.1)",
        "5.1.1.1 is a host", "see 5.1.1", "(# 5.1.1)", "5", "(#"}) {
    EXPECT_EQ(status_in(text), std::nullopt) << text;
  }
}

TEST(ReportTextTest, ARemoteHostsReplyIsRead) {
  const auto reply = remote_reply(
      "192.0.2.1 does not like recipient.\nRemote host said: 550-5.1.1 no such user\n"
      "550 5.1.1 here\nGiving up on 192.0.2.1.\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->host, "192.0.2.1");
  EXPECT_EQ(reply->lines, (std::vector<std::string>{"550-5.1.1 no such user", "550 5.1.1 here"}));
}

TEST(ReportTextTest, TheRemoteHostIsNamedInSeveralWays) {
  const std::string said = "Remote host said: 554 no\n";
  EXPECT_EQ(remote_reply("Connected to 2001:db8::1 but sender was rejected.\n" + said)->host,
            "2001:db8::1");
  EXPECT_EQ(remote_reply("192.0.2.7 failed after I sent the message.\n" + said)->host, "192.0.2.7");
  EXPECT_EQ(remote_reply(said + "Giving up on mx.example.net.\n")->host, "mx.example.net");
  EXPECT_EQ(remote_reply("Nothing of the kind.\n" + said)->host, "");
  EXPECT_EQ(remote_reply("Giving up on <b>.\n" + said)->host, "");
}

TEST(ReportTextTest, WithoutAReplyNoHostSpoke) {
  EXPECT_FALSE(remote_reply("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"));
  EXPECT_FALSE(remote_reply("Remote host said: go away\n"));
  EXPECT_FALSE(remote_reply("Remote host said: \n"));
  EXPECT_FALSE(remote_reply("user said: Remote host said: 550 no\n"));
}

TEST(ReportTextTest, AReplyEndsWhereItsLinesEndAndIsBounded) {
  EXPECT_EQ(remote_reply("Remote host said: 550 no\nwords (#4.0.0)\n551 more\n")->lines.size(), 1U);
  std::string long_reply = "Remote host said: 550-x\n";
  for (int i = 0; i < 1000; ++i) long_reply += "550-x\n";
  EXPECT_EQ(remote_reply(long_reply)->lines.size(), kMaxReplyLines);
}

TEST(ReportTextTest, TheRemoteHostsOwnStatusCounts) {
  EXPECT_EQ(status_in("Remote host said: 550 5.7.1 no\n(#4.4.2)\n"), "5.7.1");
  EXPECT_EQ(status_in("Remote host said: 553 sorry, not here (#5.7.9)\n"), "5.7.9");
  EXPECT_EQ(status_in("Remote host said: 550 no\n"), "5.0.0");
  EXPECT_EQ(status_in("Remote host said: 450\n"), "4.0.0");
  // RFC 2034 section 4: the classes of both codes agree.
  EXPECT_EQ(status_in("Remote host said: 550 4.7.1 no\n"), "5.0.0");
  EXPECT_EQ(status_in("Remote host said: 250 ok\n"), std::nullopt);
}

TEST(ReportTextTest, ControlCharactersBecomeHarmless) {
  EXPECT_EQ(harmless_text("a\x1b[2Jb\tc\r\nd\re\x7f"), "a?[2Jb\tc\nd?e?");
  EXPECT_EQ(harmless_text(std::string("a\0b", 3)), "a?b");
  EXPECT_EQ(harmless_text("\xc2\x9b"
                          "2J \xc3\xa9"),
            "?2J \xc3\xa9");
}

TEST(ReportTextTest, WhatIsNotUtf8IsTakenForLatin1) {
  EXPECT_EQ(harmless_text("caf\xe9"), "caf\xc3\xa9");
  EXPECT_EQ(harmless_text("\x9b"
                          "2J"),
            "?2J");
}

TEST(ReportTextTest, NoCharacterIsCutInTwo) {
  EXPECT_EQ(cut("abc", 5), "abc");
  EXPECT_EQ(cut("abc", 2), "ab");
  EXPECT_EQ(cut("a\xc3\xa9", 2), "a");
  EXPECT_EQ(cut("\xf0\x9f\x98\x80", 3), "");
}

}  // namespace
}  // namespace lbx
