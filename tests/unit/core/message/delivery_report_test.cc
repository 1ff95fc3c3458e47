// SPDX-License-Identifier: MIT
#include "core/message/delivery_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "core/base/ascii.h"
#include "core/message/report_text.h"
#include "support/test_system.h"

namespace lbx {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing_support::TestSystem;

class DeliveryReportTest : public testing::Test {
 protected:
  DeliveryReportTest() {
    report.host = report.reporting_mta = "mail.example.org";
    report.from = "MAILER-DAEMON@mail.example.org";
    report.to = report.sender = "ann@example.org";
    report.arrival = 1'700'000'000;
    report.date = 1'700'000'100;
    report.recipients = {{.address = "joe@example.net",
                          .report = "Sorry, no mailbox here by that name. (#5.1.1)\n",
                          .last_attempt = 1'700'000'050}};
  }

  Result<void> write(const std::string& original, std::string& out) {
    UniqueFd fd{::memfd_create("original", MFD_CLOEXEC)};
    EXPECT_TRUE(write_all(outside.files, fd.get(), original));
    return write_report(outside.files, outside.randomness, report, fd.get(),
                        [&out](std::string_view bytes) {
                          out += bytes;
                          return Result<void>{};
                        });
  }
  std::string written(const std::string& original = "Subject: test\n\nhello\n") {
    std::string out;
    const Result<void> outcome = write(original, out);
    EXPECT_TRUE(outcome) << outcome.error().what;
    return out;
  }

  TestSystem outside;
  DeliveryReport report;
};

TEST_F(DeliveryReportTest, AFailureIsAMultipartReport) {
  const std::string boundary = "00000000000000010000000000000002=_report";
  EXPECT_EQ(written(),
            "Date: 14 Nov 2023 22:15:00 -0000\n"
            "From: MAILER-DAEMON@mail.example.org\n"
            "To: ann@example.org\n"
            "Subject: failure notice\n"
            "Message-ID: <20231114221500.00000000000000010000000000000002@mail.example.org>\n"
            "Auto-Submitted: auto-replied\n"
            "MIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"" +
                boundary + "\"\n\n--" + boundary +
                "\nContent-Type: text/plain; charset=us-ascii\n\n"
                "Hi. This is the qmail-send program at mail.example.org.\n"
                "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
                "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
                "<joe@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
                "--- Below this line is a copy of the message.\n\n\n--" +
                boundary +
                "\nContent-Type: message/delivery-status\n\n"
                "Reporting-MTA: dns;mail.example.org\n"
                "Arrival-Date: 14 Nov 2023 22:13:20 -0000\n\n"
                "Final-Recipient: rfc822;joe@example.net\nAction: failed\nStatus: 5.1.1\n"
                "Last-Attempt-Date: 14 Nov 2023 22:14:10 -0000\n\n--" +
                boundary +
                "\nContent-Type: message/rfc822\n\n"
                "Return-Path: <ann@example.org>\nSubject: test\n\nhello\n\n--" +
                boundary + "--\n");
}

// CONTRACT 1.8, with the words that programs look for.
TEST_F(DeliveryReportTest, TheOldFormIsQmails) {
  report.form = ReportForm::Qsbmf;
  report.recipients = {
      {.address = "joe-a@example.org", .report = "line one\nline two\n"},
      {.address = "joe\nb@example.org", .report = "\nafter blank\n\n\nend\n"},
      {.address = "joe-c@example.org", .report = "no line end"},
      {.address = "joe-d@example.org", .report = ""},
  };
  EXPECT_EQ(written("Received: x\nSubject: t\xe9st\n\nhello"),
            "Date: 14 Nov 2023 22:15:00 -0000\n"
            "From: MAILER-DAEMON@mail.example.org\n"
            "To: ann@example.org\n"
            "Subject: failure notice\n\n"
            "Hi. This is the qmail-send program at mail.example.org.\n"
            "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
            "<joe-a@example.org>:\nline one\nline two\n\n"
            "<joe_b@example.org>:\n/after blank\n//end\n\n"
            "<joe-c@example.org>:\nno line end\n\n"
            "<joe-d@example.org>:\n\n"
            "--- Below this line is a copy of the message.\n\n"
            "Return-Path: <ann@example.org>\n"
            "Received: x\nSubject: t\xe9st\n\nhello");
}

TEST_F(DeliveryReportTest, ADoubleBounceShowsTheOriginalBounce) {
  report.form = ReportForm::Qsbmf;
  report.kind = ReportKind::DoubleBounce;
  report.sender = "";
  const std::string text = written();
  EXPECT_THAT(text, HasSubstr("\n\nHi. This is the qmail-send program at mail.example.org.\n"
                              "I tried to deliver a bounce message to this address, but the "
                              "bounce bounced!\n\n<joe@example.net>:\n"));
  EXPECT_THAT(text,
              HasSubstr("--- Below this line is the original bounce.\n\nReturn-Path: <>\nSubject"));
}

TEST_F(DeliveryReportTest, FieldsOfTheSubmissionComeBack) {
  report.envelope_id = "QQ314159";
  report.recipients.front().original_recipient = "rfc822;Joe+x@example.net";
  const std::string text = written();
  EXPECT_THAT(text, HasSubstr("\n\nOriginal-Envelope-Id: QQ314159\nReporting-MTA: "));
  EXPECT_THAT(text, HasSubstr("\n\nOriginal-Recipient: rfc822;Joe+x@example.net\n"
                              "Final-Recipient: rfc822;joe@example.net\n"));
  EXPECT_THAT(written(), Not(HasSubstr("Will-Retry-Until")));
}

TEST_F(DeliveryReportTest, ARemoteHostsWordsStandInTheStatus) {
  report.recipients.front().report =
      "192.0.2.1 does not like recipient.\nRemote host said: 550-5.7.1 go\n550 5.7.1 away\n"
      "Giving up on 192.0.2.1.\n";
  EXPECT_THAT(written(), HasSubstr("Status: 5.7.1\nRemote-MTA: dns;[192.0.2.1]\n"
                                   "Diagnostic-Code: smtp;550-5.7.1 go\n 550 5.7.1 away\n"));
  report.recipients.front().report =
      "Connected to 2001:db8::7 but sender was rejected.\nRemote host said: 550\n";
  EXPECT_THAT(written(), HasSubstr("Remote-MTA: dns;[IPv6:2001:db8::7]\n"));
  report.recipients.front().report = "Remote host said: 550 no\nGiving up on mx.example.net.\n";
  EXPECT_THAT(written(), HasSubstr("Status: 5.0.0\nRemote-MTA: dns;mx.example.net\n"));
}

// RFC 3464 section 2.3.4: the status agrees with the action.
TEST_F(DeliveryReportTest, TheStatusFitsTheAction) {
  const auto status = [this](ReportAction action, const std::string& said) {
    report.recipients.front().action = action;
    report.recipients.front().report = said;
    const std::string text = written();
    const std::size_t at = text.find("\nStatus: ") + 9;
    return text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_EQ(status(ReportAction::Failed, "no code"), "5.0.0");
  EXPECT_EQ(status(ReportAction::Failed, "(#4.4.1)\n" + std::string{kGivenUp}), "4.4.1");
  EXPECT_EQ(status(ReportAction::Failed, "why\n" + std::string{kGivenUp}), "4.4.7");
  EXPECT_EQ(status(ReportAction::Failed, "(#2.0.0)"), "5.0.0");
  EXPECT_EQ(status(ReportAction::Delayed, "(#4.4.1)"), "4.4.1");
  EXPECT_EQ(status(ReportAction::Delayed, "(#5.1.1)"), "4.0.0");
  EXPECT_EQ(status(ReportAction::Delivered, "did 1+0+0\n"), "2.0.0");
}

// Programs that read the old form would take it for a failure.
TEST_F(DeliveryReportTest, ADelayIsNoOldBounce) {
  report.kind = ReportKind::Delay;
  report.return_original = false;
  report.recipients.front().action = ReportAction::Delayed;
  report.recipients.front().retry_until = 1'700'500'000;
  const std::string text = written();
  EXPECT_THAT(text, HasSubstr("Subject: delay notice\n"));
  EXPECT_THAT(text, HasSubstr("\n\nThis is the mail system at mail.example.org.\nYour message has "
                              "not reached the following addresses yet.\n"));
  EXPECT_THAT(text, HasSubstr("I keep trying until 20 Nov 2023 17:06:40 -0000.\n\nOf the message"));
  EXPECT_THAT(text, HasSubstr("Action: delayed\n"));
  EXPECT_THAT(text, HasSubstr("Will-Retry-Until: 20 Nov 2023 17:06:40 -0000\n"));
  EXPECT_THAT(text, Not(HasSubstr("Hi. This is the")));
  EXPECT_THAT(text, HasSubstr("Content-Type: text/rfc822-headers\n\n"
                              "Return-Path: <ann@example.org>\nSubject: test\n\n--"));
}

TEST_F(DeliveryReportTest, ASuccessSaysHow) {
  report.kind = ReportKind::Success;
  report.recipients = {
      {.address = "a@x.example", .action = ReportAction::Delivered, .report = "did 1+0+0\n"},
      {.address = "b@x.example", .action = ReportAction::Relayed, .report = "secret\n"},
      {.address = "c@x.example", .action = ReportAction::Expanded},
  };
  const std::string text = written();
  EXPECT_THAT(text, HasSubstr("<a@x.example>:\nDelivered.\n\n<b@x.example>:\nHanded on to a host "
                              "that does not send such notices.\n\n<c@x.example>:\nSent on to "
                              "several addresses.\n\n"));
  EXPECT_THAT(text, HasSubstr("Action: delivered\nStatus: 2.0.0\n"));
  EXPECT_THAT(text, HasSubstr("Action: relayed\n"));
  EXPECT_THAT(text, HasSubstr("Action: expanded\n"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST_F(DeliveryReportTest, LoopsAndCopiesSayWhatTheyAre) {
  report.kind = ReportKind::Looping;
  EXPECT_THAT(written(), HasSubstr("have not told its sender"));
  report.kind = ReportKind::Copy;
  EXPECT_THAT(written(), HasSubstr("have told its sender"));
}

TEST_F(DeliveryReportTest, OnlyTheHeaderComesBackWhereThatIsWanted) {
  report.return_original = false;
  const std::string text = written("Received: x\n\ty\nSubject: test\n\nsecret\n");
  EXPECT_THAT(text, HasSubstr("Of the message, only the header is returned.\n\n--- Below this "
                              "line is a copy of the message.\n"));
  EXPECT_THAT(text, HasSubstr("\nReturn-Path: <ann@example.org>\nReceived: x\n\ty\nSubject: test\n"
                              "\n--"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  report.form = ReportForm::Qsbmf;
  EXPECT_THAT(written("Subject: test\n\nsecret\n"), Not(HasSubstr("secret")));
}

TEST_F(DeliveryReportTest, AHeaderEndsWhereNoFieldStands) {
  report.return_original = false;
  EXPECT_THAT(written("Subject: test\nsecret text\n"), Not(HasSubstr("secret")));
}

TEST_F(DeliveryReportTest, AReturnedHeaderIsBounded) {
  report.return_original = false;
  std::string header;
  while (header.size() < 3 * kMaxReturnedHeader) header += "X-Field: something or other\n";
  const std::size_t size = written(header + "\nbody\n").size();
  EXPECT_GT(size, kMaxReturnedHeader);
  EXPECT_LT(size, kMaxReturnedHeader + 3000);
}

// RFC 2045 section 2.7 and 2.8: neither 7bit nor 8bit.
TEST_F(DeliveryReportTest, WhatWouldBeBinaryComesBackAsItsHeader) {
  EXPECT_THAT(written("Subject: x\n\nsecret " + std::string(990, 'x') + "\n"), HasSubstr("secret"));
  EXPECT_THAT(written("Subject: x\n\nsecret " + std::string(992, 'x') + "\n"),
              Not(HasSubstr("secret")));
  EXPECT_THAT(written(std::string("Subject: x\n\nsecret \0\n", 21)), Not(HasSubstr("secret")));
  const std::string cut_line = written("Subject: " + std::string(5000, 'x') + "\n\nbody\n");
  for (const std::string_view line : ascii::split(cut_line, '\n')) EXPECT_LE(line.size(), 998U);
}

TEST_F(DeliveryReportTest, TheBoundaryStandsInNoPart) {
  const std::string first = "00000000000000010000000000000002=_report";
  const std::string second = "00000000000000030000000000000004=_report";
  EXPECT_THAT(written("Subject: x\n\n--" + first + "\n"), HasSubstr("boundary=\"" + second));
  outside.randomness.next = 1;
  report.recipients.front().report = "a\n--" + first + "--\n";
  EXPECT_THAT(written(), HasSubstr("boundary=\"" + second));
}

TEST_F(DeliveryReportTest, RandomnessThatRepeatsItselfIsAnError) {
  struct : Randomness {
    std::uint64_t bits64() override { return 7; }
  } stuck;
  UniqueFd fd{::memfd_create("original", MFD_CLOEXEC)};
  ASSERT_TRUE(write_all(outside.files, fd.get(),
                        "Subject: x\n\n--00000000000000070000000000000007=_report\n"));
  const Result<void> outcome =
      write_report(outside.files, stuck, report, fd.get(),
                   [](std::string_view /*bytes*/) { return Result<void>{}; });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().retry, Retry::Later);
}

TEST_F(DeliveryReportTest, EightBitsAreDeclared) {
  const std::string text = written("Subject: x\n\ncaf\xe9\n");
  EXPECT_THAT(text, HasSubstr("\nContent-Transfer-Encoding: 8bit\n\n--"));
  EXPECT_THAT(text, HasSubstr("Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: text/plain; charset=us-ascii\n\n"));
  report.recipients.front().report = "Unbekannter Empf\xe4nger\n";
  EXPECT_THAT(written(), HasSubstr("Content-Type: text/plain; charset=utf-8\n"
                                   "Content-Transfer-Encoding: 8bit\n"));
  EXPECT_THAT(written(), HasSubstr("Unbekannter Empf\xc3\xa4nger\n"));
}

TEST_F(DeliveryReportTest, InternationalAddressesUseTheTypesOfRfc6533) {
  report.to = report.sender = "j\xc3\xb6rg@example.org";
  report.recipients.front().address = "\xc3\xa9va@example.net";
  const std::string text = written();
  EXPECT_TRUE(needs_utf8(report));
  EXPECT_THAT(text, HasSubstr("\nTo: j\xc3\xb6rg@example.org\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: message/global-delivery-status\n"
                              "Content-Transfer-Encoding: 8bit\n"));
  EXPECT_THAT(text, HasSubstr("Final-Recipient: utf-8;\xc3\xa9va@example.net\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: message/global\nContent-Transfer-Encoding: 8bit\n\n"
                              "Return-Path: <j\xc3\xb6rg@example.org>\n"));
  report.return_original = false;
  EXPECT_THAT(written(), HasSubstr("Content-Type: message/global-headers\n"));
}

TEST_F(DeliveryReportTest, AMessageOfUtf8IsReturnedAsOne) {
  report.original_utf8 = true;
  EXPECT_THAT(written("Subject: \xc3\xa9\n\nx\n"), HasSubstr("Content-Type: message/global\n"));
  EXPECT_THAT(written("Subject: e\n\n\xc3\xa9\n"), HasSubstr("Content-Type: message/rfc822\n"));
  EXPECT_THAT(written("Subject: \xe9\n\nx\n"), HasSubstr("Content-Type: message/rfc822\n"));
  EXPECT_FALSE(needs_utf8(report));
}

TEST_F(DeliveryReportTest, NoStrangerBeginsAField) {
  const std::string evil = "x\r\nBcc: victim@example.com\n\n--";
  report.to = report.sender = evil + "@example.org";
  report.envelope_id = evil;
  report.host = report.reporting_mta = evil;
  report.from = evil;
  report.recipients.front() = {.address = evil,
                               .original_recipient = evil,
                               .report = "Remote host said: 550 " + evil + "\nBcc: y\n"};
  std::string text = written();
  text.resize(text.find("Content-Type: text/plain"));
  EXPECT_THAT(text, Not(HasSubstr("\nBcc:")));
  EXPECT_THAT(written().substr(written().find("message/delivery-status")), Not(HasSubstr("\nBcc")));
}

TEST_F(DeliveryReportTest, AddressesAreQuotedWhereTheyNeedIt) {
  report.to = report.sender = "two words@example.org";
  report.recipients.front().address = "a\"b@example.net";
  const std::string text = written();
  EXPECT_THAT(text, HasSubstr("\nTo: \"two words\"@example.org\n"));
  EXPECT_THAT(text, HasSubstr("\nReturn-Path: <\"two words\"@example.org>\n"));
  EXPECT_THAT(text, HasSubstr("Final-Recipient: rfc822;\"a\\\"b\"@example.net\n"));
}

TEST_F(DeliveryReportTest, LongTextIsBounded) {
  report.recipients.front().report = std::string(10 * kMaxShownReport, 'x') + "\nend\n";
  report.recipients.front().address = std::string(5000, 'y');
  report.to = std::string(5000, 'z');
  const std::string text = written();
  EXPECT_LT(text.size(), kMaxShownReport + 10'000);
  EXPECT_TRUE(text.find("\nTo: undisclosed-recipients:;\n") != std::string::npos);
  for (const std::string_view line : ascii::split(text, '\n')) EXPECT_LE(line.size(), 998U);
}

TEST_F(DeliveryReportTest, TheZoneIsThatOfTheHost) {
  report.zone = {3600, true};
  EXPECT_THAT(written(), StartsWith("Date: 14 Nov 2023 23:15:00 +0100\n"));
  EXPECT_THAT(written(), HasSubstr("Arrival-Date: 14 Nov 2023 23:13:20 +0100\n"));
}

TEST_F(DeliveryReportTest, AnErrorOfReadingOrWritingIsPassedOn) {
  std::string out;
  outside.files.fail_every("read_at", EIO);
  Result<void> outcome = write("Subject: x\n\ny\n", out);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().os_error, EIO);

  TestSystem whole;
  UniqueFd fd{::memfd_create("original", MFD_CLOEXEC)};
  outcome = write_report(whole.files, whole.randomness, report, fd.get(),
                         [](std::string_view) -> Result<void> { return Error::later("full"); });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().what, "full");
}

TEST_F(DeliveryReportTest, AHeaderWithoutABodyOrALineEndComesBack) {
  EXPECT_THAT(written("Subject: x"), HasSubstr("\nSubject: x\n--"));
  EXPECT_THAT(written(""), HasSubstr("\nReturn-Path: <ann@example.org>\n\n--"));
}

}  // namespace
}  // namespace lbx
