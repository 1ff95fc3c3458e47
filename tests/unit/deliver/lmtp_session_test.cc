// SPDX-License-Identifier: MIT
#include "deliver/lmtp_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deliver/dsn.h"
#include "support/fake_postmaster.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class LmtpSessionTest : public testing::Test {
 protected:
  LmtpSessionTest() {
    settings.host_name = "mx.example";
    postmaster.verdicts["nobody"] = {Verdict::Never, "5.1.1 no mailbox here by that name"};
    postmaster.verdicts["later"] = {Verdict::Later, "4.2.1 home is sticky"};
    postmaster.deliveries["full"] = {Verdict::Later, "4.2.2 disk full"};
    postmaster.deliveries["loop"] = {Verdict::Never, "5.4.6 looping"};
  }
  void start() {
    session = std::make_unique<LmtpSession>(outside.system, postmaster, settings,
                                            LmtpPeer{"[127.0.0.1]", needs_certificate});
    pull();
  }
  std::string pull() {
    std::string out;
    while (session->has_output()) session->output(out, 4096);
    return out;
  }
  std::string say(std::string_view bytes) {
    if (!session) start();
    session->input(bytes);
    return pull();
  }
  /// In a transaction with these recipients.
  void begin(std::initializer_list<const char*> recipients) {
    say("LHLO client.example\r\nMAIL FROM:<s@t>\r\n");
    for (const char* each : recipients) say(std::string{"RCPT TO:<"} + each + "@x.y>\r\n");
  }

  testing_support::TestSystem outside;
  testing_support::FakePostmaster postmaster;
  LmtpSettings settings;
  bool needs_certificate{false};
  std::unique_ptr<LmtpSession> session;
};

TEST_F(LmtpSessionTest, DeliversAMessage) {
  session = std::make_unique<LmtpSession>(outside.system, postmaster, settings,
                                          LmtpPeer{"[127.0.0.1]", needs_certificate});
  EXPECT_EQ(pull(), "220 mx.example LMTP Letterbox\r\n");
  EXPECT_THAT(say("LHLO client.example\r\n"), EndsWith("\r\n250 SIZE\r\n"));
  EXPECT_EQ(say("MAIL FROM:<s@t> SIZE=20\r\n"), "250 2.1.0 OK\r\n");
  EXPECT_EQ(say("RCPT TO:<joe-x@x.y>\r\n"), "250 2.1.5 OK\r\n");
  EXPECT_EQ(say("DATA\r\n"), "354 Go ahead\r\n");
  EXPECT_EQ(say("Subject: a\r\n\r\n..b\r\n.\r\n"), "250 2.0.0 delivered\r\n");
  EXPECT_EQ(say("QUIT\r\n"), "221 2.0.0 Bye\r\n");
  EXPECT_TRUE(session->ended());

  ASSERT_EQ(postmaster.orders.size(), 2U);
  EXPECT_EQ(postmaster.orders[0], (Order{Order::Kind::Verdict, "joe-x", "x.y", "s@t", 20, ""}));
  EXPECT_EQ(postmaster.orders[1], (Order{Order::Kind::Deliver, "joe-x", "x.y", "s@t", 18, ""}));
  EXPECT_THAT(postmaster.messages, ElementsAre("Received: from client.example ([127.0.0.1])\n"
                                               "  by mx.example with LMTP id 0000000000000001\n"
                                               "  for <joe-x@x.y>; 14 Nov 2023 22:13:20 -0000\n"
                                               "Subject: a\n\n.b\n"));
}

TEST_F(LmtpSessionTest, AnnouncesDsnWhereItWritesNoticesAndPassesOnWhatIsAskedFor) {
  settings.dsn = true;
  EXPECT_THAT(say("LHLO c\r\n"), HasSubstr("\r\n250-DSN\r\n"));
  say("MAIL FROM:<s@t> RET=HDRS ENVID=a+3Db\r\n"
      "RCPT TO:<joe@x.y> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Joe@x.y\r\nRCPT TO:<ann@x.y>\r\n"
      "DATA\r\nx\r\n.\r\n");
  ASSERT_EQ(postmaster.orders.size(), 4U);
  EXPECT_EQ(postmaster.orders[0].dsn, "");  // a verdict does not depend on it
  const Result<DsnRequest> joe = decode_dsn_request(postmaster.orders[2].dsn);
  ASSERT_TRUE(joe) << joe.error().what;
  EXPECT_EQ(*joe, (DsnRequest{"joe@x.y",
                              {true, true, false, true},
                              wire::ReturnContent::Headers,
                              "rfc822;Joe@x.y",
                              "a+3Db",
                              false,
                              1'700'000'000}));
  const Result<DsnRequest> ann = decode_dsn_request(postmaster.orders[3].dsn);
  ASSERT_TRUE(ann) << ann.error().what;
  EXPECT_EQ(ann->notify, wire::Notify{});
}

TEST_F(LmtpSessionTest, WithoutDsnNoticesAreTheClients) {
  EXPECT_THAT(say("LHLO c\r\n"), Not(HasSubstr("DSN")));
  EXPECT_EQ(say("MAIL FROM:<s@t> RET=HDRS\r\nRCPT TO:<joe@x.y> NOTIFY=SUCCESS\r\n"),
            "250 2.1.0 OK\r\n250 2.1.5 OK\r\n");
  say("DATA\r\nx\r\n.\r\n");
  ASSERT_EQ(postmaster.orders.size(), 2U);
  EXPECT_EQ(postmaster.orders[1].dsn, "");
}

TEST_F(LmtpSessionTest, RefusesUnknownRecipientsAtOnce) {
  begin({});
  EXPECT_EQ(say("RCPT TO:<nobody@x.y>\r\n"), "550 5.1.1 no mailbox here by that name\r\n");
  EXPECT_EQ(say("RCPT TO:<later@x.y>\r\n"), "451 4.2.1 home is sticky\r\n");
  EXPECT_EQ(say("DATA\r\n"), "503 5.5.1 No recipient\r\n");  // RFC 2033 section 4.2
  EXPECT_EQ(say("RCPT TO:<joe@x.y>\r\n"), "250 2.1.5 OK\r\n");
  EXPECT_EQ(say("DATA\r\n"), "354 Go ahead\r\n");
}

TEST_F(LmtpSessionTest, AnswersForEachRecipientInTheirOrder) {
  begin({"joe", "nobody", "full", "loop", "ann"});
  EXPECT_EQ(say("DATA\r\nx\r\n.\r\n"),
            "354 Go ahead\r\n250 2.0.0 delivered\r\n452 4.2.2 disk full\r\n"
            "554 5.4.6 looping\r\n250 2.0.0 delivered\r\n");
  ASSERT_EQ(postmaster.messages.size(), 4U);
  EXPECT_EQ(postmaster.messages[0], postmaster.messages[3]);
  EXPECT_THAT(postmaster.messages[0], Not(HasSubstr("for <")));  // RFC 5321 section 7.2
}

TEST_F(LmtpSessionTest, SaysNothingBeforeTheAnswerIsThere) {
  postmaster.at_once = false;
  say("LHLO c\r\nMAIL FROM:<>\r\n");
  EXPECT_EQ(say("RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n"), "");
  EXPECT_TRUE(session->waiting());
  ASSERT_EQ(postmaster.waiting(), 2U);  // asked together
  postmaster.answer_one(1);
  EXPECT_EQ(pull(), "");  // b's answer comes after a's
  postmaster.answer_one();
  EXPECT_EQ(pull(), "250 2.1.5 OK\r\n250 2.1.5 OK\r\n354 Go ahead\r\n");
  EXPECT_FALSE(session->waiting());

  EXPECT_EQ(say("x\r\n.\r\nQUIT\r\n"), "");
  ASSERT_EQ(postmaster.waiting(), 2U);
  postmaster.answer_one();
  EXPECT_EQ(pull(), "250 2.0.0 delivered\r\n");  // RFC 2033 section 4.2: as soon as it is known
  EXPECT_TRUE(session->waiting());
  postmaster.answer_one();
  EXPECT_EQ(pull(), "250 2.0.0 delivered\r\n221 2.0.0 Bye\r\n");
}

TEST_F(LmtpSessionTest, TellsTheDriverWhenAnAnswerHasCome) {
  postmaster.at_once = false;
  begin({});
  int calls = 0;
  session->on_answer([&calls] { ++calls; });
  say("RCPT TO:<a@x>\r\n");
  EXPECT_EQ(calls, 0);
  postmaster.answer_one();
  EXPECT_EQ(calls, 1);
  say("RCPT TO:<b@x>\r\n");
  session.reset();
  postmaster.answer_one();  // reaches nobody, and harms nobody
}

TEST_F(LmtpSessionTest, FewOrdersOfOneSessionAreUnderWayAtOnce) {
  begin({});
  for (int i = 0; i < 100; ++i) say("RCPT TO:<u" + std::to_string(i) + "@x>\r\n");
  postmaster.at_once = false;
  say("DATA\r\nx\r\n.\r\n");
  std::size_t most = 0;
  std::string replies;
  while (postmaster.waiting() > 0) {
    most = std::max(most, postmaster.waiting());
    postmaster.answer_one();
    replies += pull();
  }
  EXPECT_EQ(most, kMaxOrdersAtOnce);
  EXPECT_EQ(std::count(replies.begin(), replies.end(), '\n'), 100);
}

TEST_F(LmtpSessionTest, EveryCutGivesTheSameAnswers) {
  const std::string dialog =
      "LHLO c\r\nMAIL FROM:<a@b> SIZE=1\r\nRCPT TO:<joe@x>\r\nRCPT TO:<nobody@x>\r\n"
      "RCPT TO:<full@x>\r\nDATA\r\nSubject: x\r\n\r\n.\n..y\r\n.z\r\n.\r\nfoo\r\nRSET\r\n"
      "MAIL FROM:<>\r\nRCPT TO:<joe@x>\r\nBDAT 3\r\nabcBDAT 4 LAST\r\n.\r\n.NOOP\r\n" +
      std::string(5000, 'x') + "\r\nVRFY a\r\nBDAT 3\r\nXYZ\nQUIT\r\n";
  std::string whole;
  for (std::size_t cut = dialog.size(); cut > 0; cut = cut > 50 ? cut / 2 : cut - 1) {
    outside.randomness.next = 1;
    session.reset();
    std::string answers;
    for (std::size_t at = 0; at < dialog.size(); at += cut) {
      answers += say(std::string_view{dialog}.substr(at, cut));
    }
    if (whole.empty()) whole = answers;
    EXPECT_EQ(answers, whole) << cut;
  }
  EXPECT_THAT(whole, EndsWith("221 2.0.0 Bye\r\n"));
}

TEST_F(LmtpSessionTest, OnlyLhloGreets) {
  EXPECT_THAT(say("EHLO c\r\n"), StartsWith("500 5.5.1"));
  EXPECT_THAT(say("HELO c\r\n"), StartsWith("500 5.5.1"));
  EXPECT_THAT(say("MAIL FROM:<a@b>\r\n"), StartsWith("503 5.5.1"));
  EXPECT_THAT(say("LHLO\r\n"), StartsWith("501"));
  EXPECT_THAT(say("LHLO c\r\n"), StartsWith("250-mx.example\r\n"));
}

TEST_F(LmtpSessionTest, CommandsHaveTheirOrder) {
  say("LHLO c\r\n");
  EXPECT_THAT(say("RCPT TO:<a@b>\r\n"), StartsWith("503 5.5.1"));
  EXPECT_THAT(say("DATA\r\n"), StartsWith("503 5.5.1"));
  say("MAIL FROM:<a@b>\r\n");
  EXPECT_THAT(say("MAIL FROM:<c@d>\r\n"), StartsWith("503 5.5.1"));
  EXPECT_THAT(say("RSET x\r\n"), StartsWith("501 5.5.4"));
  EXPECT_THAT(say("FOO\r\n"), StartsWith("500 5.5.2"));
  EXPECT_THAT(say("NOOP x\r\n"), StartsWith("250"));
  EXPECT_THAT(say("VRFY joe\r\n"), StartsWith("252"));
  EXPECT_THAT(say("HELP\r\n"), StartsWith("214"));
  say("RCPT TO:<joe@b>\r\nRSET\r\n");
  EXPECT_THAT(say("DATA\r\n"), StartsWith("503"));
  say("MAIL FROM:<a@b>\r\nRCPT TO:<joe@b>\r\nLHLO again\r\n");  // RFC 5321 section 4.1.4
  EXPECT_THAT(say("DATA\r\n"), StartsWith("503"));
}

TEST_F(LmtpSessionTest, TakesChunks) {
  begin({"joe", "full"});
  EXPECT_EQ(say("BDAT 5\r\na\r\n.\r"), "250 2.0.0 Chunk taken\r\n");
  EXPECT_THAT(say("DATA\r\n"), StartsWith("503"));
  EXPECT_EQ(say("BDAT 3 LAST\r\n\nbc"), "250 2.0.0 delivered\r\n452 4.2.2 disk full\r\n");
  EXPECT_THAT(postmaster.messages.at(0), EndsWith("\na\n.\nbc"));
  EXPECT_EQ(say("BDAT 6\r\nQUIT\r\n"), "503 5.5.1 BDAT needs a recipient\r\n");
  begin({"joe"});
  EXPECT_EQ(say("BDAT 0 LAST\r\n"), "250 2.0.0 delivered\r\n");
}

TEST_F(LmtpSessionTest, AChunkWithoutALengthEndsTheSession) {
  begin({"joe"});
  EXPECT_THAT(say("BDAT -1\r\nRSET\r\n"), StartsWith("501 5.5.4"));
  EXPECT_TRUE(session->ended());
}

TEST_F(LmtpSessionTest, HugeChunksTakeNoMemory) {
  settings.max_octets = 100;
  begin({"joe"});
  EXPECT_EQ(say("BDAT 18446744073709551615\r\n"), "");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(say(std::string(1000, 'x')), "");
  EXPECT_FALSE(session->ended());
}

TEST_F(LmtpSessionTest, RefusesBareLineEndsUnlessToldOtherwise) {
  begin({"joe", "ann"});
  EXPECT_EQ(say("DATA\r\na\nb\r\n.\r\n"),
            "354 Go ahead\r\n554 5.6.0 A line ends with CR or LF alone\r\n"
            "554 5.6.0 A line ends with CR or LF alone\r\n");
  EXPECT_TRUE(postmaster.messages.empty());
  settings.bare_line_ends = BareLineEnds::Normalize;
  begin({"joe"});
  EXPECT_EQ(say("DATA\r\na\n.\nb\r\n.\r\n"), "354 Go ahead\r\n250 2.0.0 delivered\r\n");
  EXPECT_THAT(postmaster.messages.at(0), EndsWith("\na\n.\nb\n"));
}

TEST_F(LmtpSessionTest, NoSmuggledMessageInEitherMode) {
  for (const auto mode : {BareLineEnds::Reject, BareLineEnds::Normalize}) {
    settings.bare_line_ends = mode;
    for (const char* end : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n"}) {
      postmaster.orders.clear();
      session.reset();
      begin({"joe"});
      say(std::string{"DATA\r\nx"} + end +
          "MAIL FROM:<evil@x>\r\nRCPT TO:<ann@x>\r\nDATA\r\ny\r\n.\r\n");
      for (const Order& each : postmaster.orders) EXPECT_EQ(each.sender, "s@t");
    }
  }
}

TEST_F(LmtpSessionTest, LimitsTheMessage) {
  settings.max_octets = 10;
  EXPECT_THAT(say("LHLO c\r\n"), EndsWith("250 SIZE 10\r\n"));
  EXPECT_THAT(say("MAIL FROM:<a@b> SIZE=11\r\n"), StartsWith("552 5.3.4"));
  begin({"joe"});
  EXPECT_EQ(say("DATA\r\n12345678\r\n.\r\n"), "354 Go ahead\r\n250 2.0.0 delivered\r\n");
  begin({"joe"});
  EXPECT_EQ(say("DATA\r\n1\r\n2\r\n3\r\n4\r\n.\r\n"),  // CR counts: RFC 1870 section 5
            "354 Go ahead\r\n552 5.3.4 Message too big\r\n");
  begin({"joe"});
  EXPECT_THAT(say("BDAT 20\r\n12345678901234567890"), StartsWith("552 5.3.4"));
  EXPECT_THAT(say("BDAT 0 LAST\r\n"), StartsWith("552 5.3.4"));
  begin({"joe"});
  EXPECT_THAT(say("DATA\r\nok\r\n.\r\n"), EndsWith("250 2.0.0 delivered\r\n"));
}

TEST_F(LmtpSessionTest, LimitsRecipientsAndKeepsThoseItHasTaken) {
  settings.max_recipients = 3;
  begin({"a", "b", "c"});
  EXPECT_EQ(say("RCPT TO:<d@x>\r\n"), "452 4.5.3 Too many recipients\r\n");
  const std::string replies = say("DATA\r\nx\r\n.\r\n");
  EXPECT_EQ(std::count(replies.begin(), replies.end(), '\n'), 4);
}

TEST_F(LmtpSessionTest, ARecipientThatMayBeOneTooManyWaitsForThoseBeforeIt) {
  settings.max_recipients = 2;
  postmaster.at_once = false;
  begin({"a"});
  EXPECT_EQ(say("RCPT TO:<nobody@x>\r\nRCPT TO:<b@x>\r\n"), "");
  while (session->waiting()) postmaster.answer_one(postmaster.waiting() - 1);
  EXPECT_EQ(pull(), "250 2.1.5 OK\r\n550 5.1.1 no mailbox here by that name\r\n250 2.1.5 OK\r\n");
}

TEST_F(LmtpSessionTest, MillionsOfRecipientsEndTheSession) {
  for (const char* each : {"joe", "nobody"}) {
    session.reset();
    begin({});
    std::size_t sent = 0;
    for (; sent < 10'000'000 && !session->ended(); ++sent) {
      say(std::string{"RCPT TO:<"} + each + "@x>\r\n");
    }
    EXPECT_LE(sent, settings.max_recipients + kMaxRefusedRecipients + 1);
  }
}

TEST_F(LmtpSessionTest, TooLongALineIsRefusedAndItsRestIsNoCommand) {
  start();
  EXPECT_EQ(say("NOOP " + std::string(wire::kMaxCommandLine - 5, 'x') + "\r\n"),
            "250 2.0.0 OK\r\n");
  EXPECT_EQ(say("NOOP " + std::string(wire::kMaxCommandLine - 4, 'x') + "\r\n"),
            "500 5.5.2 Line too long\r\n");
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(say(std::string(1000, 'x')), "");
  EXPECT_EQ(say("QUIT\r\nNOOP\r\n"), "500 5.5.2 Line too long\r\n250 2.0.0 OK\r\n");
}

TEST_F(LmtpSessionTest, TooManyErrorsEndTheSession) {
  start();
  for (std::size_t i = 0; i < kMaxBadCommands; ++i) say("FOO\r\n");
  EXPECT_FALSE(session->ended());
  EXPECT_THAT(say("FOO\r\n"), EndsWith("421 4.7.0 Too many errors\r\n"));
  EXPECT_TRUE(session->ended());
}

TEST_F(LmtpSessionTest, TooManyCommandsWithoutAMessageEndTheSession) {
  start();
  for (std::size_t i = 0; i < kMaxCommandsWithoutMail; ++i) say("NOOP\r\n");
  EXPECT_THAT(say("NOOP\r\n"), StartsWith("421 4.7.0"));
}

TEST_F(LmtpSessionTest, CommandLinesEndWithCrLf) {
  EXPECT_THAT(say("NOOP\nNOOP\r\n"), StartsWith("500 5.5.2 Lines end with CR LF\r\n250"));
}

TEST_F(LmtpSessionTest, OutputHasItsLimit) {
  start();
  std::string many;
  for (int i = 0; i < 15'000; ++i) many += "NOOP\r\n";
  session->input(many);
  std::size_t all = 0;
  while (session->has_output()) {
    std::string out;
    session->output(out, 1000);
    EXPECT_LE(out.size(), 1000 + Conversation::kOutputSlack);
    all += out.size();
  }
  EXPECT_EQ(all, 15'000 * std::string_view{"250 2.0.0 OK\r\n"}.size());
}

TEST_F(LmtpSessionTest, TheAttemptIsTheClientsNameAndTheMessage) {
  const auto attempt = [&](const char* ident, const char* text) {
    say(std::string{"LHLO c\r\nXFORWARD NAME=x IDENT="} + ident + "\r\n");
    begin({"joe"});
    say(std::string{"XFORWARD IDENT="} + ident + "\r\n");  // too late
    say("RSET\r\n" + std::string{"XFORWARD IDENT="} + ident +
        "\r\nMAIL FROM:<s@t>\r\nRCPT TO:<joe@x>\r\nDATA\r\n" + text + "\r\n.\r\n");
    return postmaster.orders.back().attempt;
  };
  const std::string first = attempt("4XyZ", "a");
  EXPECT_THAT(first, StartsWith("4XyZ/"));
  EXPECT_EQ(attempt("4XyZ", "a"), first);
  EXPECT_NE(attempt("4XyZ", "b"), first);
  EXPECT_NE(attempt("4XyA", "a"), first);
  begin({"joe"});
  say("DATA\r\na\r\n.\r\n");
  EXPECT_EQ(postmaster.orders.back().attempt, "");  // one message, one name
}

TEST_F(LmtpSessionTest, TheAttemptIsOfAllOfAMessageHoweverLong) {
  settings.memory = 1000;
  const auto attempt = [&](const std::string& end) {
    say("LHLO c\r\nXFORWARD IDENT=4XyZ\r\nMAIL FROM:<s@t>\r\nRCPT TO:<joe@x>\r\n");
    say("BDAT 100000\r\n" + std::string(100'000, 'x') + "BDAT 1 LAST\r\n" + end);
    return postmaster.orders.back().attempt;
  };
  const std::string first = attempt("a");
  EXPECT_THAT(first, StartsWith("4XyZ/"));
  EXPECT_EQ(attempt("a"), first);
  EXPECT_NE(attempt("b"), first);
}

TEST_F(LmtpSessionTest, TakesWhatTheClientWroteForItsOwnAgentAway) {
  begin({"joe"});
  say("DATA\r\nReturn-Path: <s@t>\r\nDelivered-To: joe@x.y\r\nSubject: a\r\n\r\nb\r\n.\r\n");
  EXPECT_THAT(postmaster.messages.at(0), Not(HasSubstr("Return-Path")));
  EXPECT_THAT(postmaster.messages.at(0), Not(HasSubstr("Delivered-To")));
  EXPECT_THAT(postmaster.messages.at(0), HasSubstr("Subject: a\n\nb\n"));
}

TEST_F(LmtpSessionTest, AFullDiskIsForLater) {
  settings.memory = 10;
  outside.system.environment["TMPDIR"] = "/nonexistent";
  begin({"joe"});
  EXPECT_EQ(say("DATA\r\n12345678901\r\n.\r\n"),
            "354 Go ahead\r\n452 4.3.1 No room for the message\r\n");
}

TEST_F(LmtpSessionTest, TlsIsOfferedWhereThereIsSomeAndForgetsWhatWasSaidBefore) {
  EXPECT_THAT(say("LHLO client.example\r\n"), Not(HasSubstr("STARTTLS")));
  EXPECT_EQ(say("STARTTLS\r\n"), "502 5.5.1 There is no TLS here\r\n");
  settings.starttls = true;
  start();
  EXPECT_THAT(say("LHLO client.example\r\n"), HasSubstr("\r\n250-STARTTLS\r\n"));
  EXPECT_EQ(say("STARTTLS now\r\n"), "501 5.5.4 No argument is allowed here\r\n");
  say("MAIL FROM:<s@t>\r\n");
  // What comes behind it in the clear is not answered, now or later.
  EXPECT_EQ(say("STARTTLS\r\nRCPT TO:<joe@x.y>\r\nDA"), "220 2.0.0 Go ahead\r\n");
  ASSERT_TRUE(session->wants_tls());
  session->tls_started({"TLSv1.3", "", "", ""});
  EXPECT_FALSE(session->wants_tls());
  EXPECT_FALSE(session->has_output());
  EXPECT_EQ(say("MAIL FROM:<s@t>\r\n"), "503 5.5.1 Say LHLO first\r\n");
  EXPECT_THAT(say("LHLO client.example\r\n"), Not(HasSubstr("STARTTLS")));
  EXPECT_EQ(say("STARTTLS\r\n"), "503 5.5.1 TLS is on already\r\n");
  EXPECT_EQ(say("RCPT TO:<joe@x.y>\r\n"), "503 5.5.1 Say MAIL first\r\n");
  say("MAIL FROM:<s@t>\r\nRCPT TO:<joe@x.y>\r\nDATA\r\nx\r\n.\r\n");
  ASSERT_EQ(postmaster.messages.size(), 1U);
  EXPECT_THAT(postmaster.messages[0], HasSubstr(" with LMTPS id "));
}

TEST_F(LmtpSessionTest, WhoNeedsACertificateNamesNoSenderBeforeOneIsSeenThatMayDeliver) {
  settings.starttls = true;
  settings.certificates = {"mx1.example.org", "mx2.example.org"};
  needs_certificate = true;
  for (const char* const shown : {"", "mx3.example.org", "MX2.example.org"}) {
    start();
    EXPECT_THAT(say("LHLO c\r\n"), HasSubstr("STARTTLS"));
    EXPECT_EQ(say("MAIL FROM:<s@t>\r\n"), "530 5.7.0 Say STARTTLS first\r\n");
    EXPECT_EQ(say("RCPT TO:<joe@x.y>\r\n"), "503 5.5.1 Say MAIL first\r\n");
    say("STARTTLS\r\n");
    session->tls_started({"TLSv1.3", "", shown, ""});
    say("LHLO c\r\n");
    const bool may = std::string_view{shown} == "MX2.example.org";
    EXPECT_EQ(
        say("MAIL FROM:<s@t>\r\n"),
        may ? "250 2.1.0 OK\r\n" : "550 5.7.1 A certificate is needed that may deliver here\r\n");
  }
  EXPECT_TRUE(postmaster.orders.empty());
}

}  // namespace
}  // namespace lbx::deliver
