// SPDX-License-Identifier: MIT
#include "deliver/quota.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <limits>

#include "deliver/engine.h"
#include "deliver/forecast.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

// The two trace lines and "0123456789\n" are 58 octets.
constexpr const char* kMessage = "0123456789\n";
constexpr std::uint64_t kStored = 58;

class DeliveryQuotaTest : public testing::Test {
 protected:
  DeliveryQuotaTest() : control{outside.files, home.path()} {
    home.make_directory("control");
    scratch.make_maildir("Maildir");
    request = {"joe", scratch.path(), "joe", "", "", "x.example", "a@b", "./Maildir/"};
    settings = *read_settings(control);
    outside.clock.time.seconds = 4'000'000'000;
  }
  Outcome run() {
    home.write("message", kMessage);
    const UniqueFd file{::open(home.path("message").c_str(), O_RDONLY)};
    return deliver(outside.system, request, settings, file.get());
  }
  Report foreseen() { return forecast(outside.system, request, settings).result; }

  ScratchDirectory scratch;
  ScratchDirectory home;
  TestSystem outside;
  control::ControlDirectory control;
  Request request;
  Settings settings;
};

TEST_F(DeliveryQuotaTest, WithoutOneNothingIsKept) {
  EXPECT_TRUE(run().report.done());
  EXPECT_THAT(scratch.names("Maildir"), ElementsAre("cur", "new", "tmp"));
}

TEST_F(DeliveryQuotaTest, TheSettingIsTheLimitOfAMaildirWithoutOne) {
  home.write("control/maildirquota", "1C\n");
  EXPECT_TRUE(run().report.done());
  EXPECT_EQ(scratch.read("Maildir/maildirsize"), "1C\n0 0\n58 1\n");
  const Report full = run().report;
  EXPECT_EQ(full.verdict, Verdict::Later);
  EXPECT_EQ(status_line(full), "4.2.2 The mailbox is full.");
  EXPECT_THAT(scratch.names("Maildir/new"), SizeIs(1));
  EXPECT_EQ(scratch.read("Maildir/maildirsize"), "1C\n58 1\n");
}

TEST_F(DeliveryQuotaTest, FullIsNeverWhereTheSettingSaysSo) {
  scratch.write("Maildir/maildirsize", "10S\n");
  home.write("control/overquota", "never\n");
  const Report full = run().report;
  EXPECT_EQ(full.verdict, Verdict::Never);
  EXPECT_EQ(status_line(full), "5.2.2 The mailbox is full.");
}

TEST_F(DeliveryQuotaTest, AFullMailboxIsNotWrittenTo) {
  scratch.write("Maildir/maildirsize", "10S\n");
  EXPECT_FALSE(run().report.done());
  for (const std::string& call : outside.files.journal())
    EXPECT_THAT(call, testing::Ne("open tmp"));
}

TEST_F(DeliveryQuotaTest, TheForecastSaysTheSameForTheSizeThatIsKnown) {
  scratch.write("Maildir/maildirsize", "58S\n");
  settings.message_octets = 11;
  EXPECT_TRUE(foreseen().done()) << foreseen().text;
  EXPECT_EQ(forecast(outside.system, request, settings).steps.front().prospect.note,
            "0% of its quota, 58S, is used");
  settings.message_octets = 12;
  EXPECT_EQ(status_line(foreseen()), "4.2.2 The mailbox is full.");
  settings.message_octets = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(status_line(foreseen()), "4.2.2 The mailbox is full.");
  EXPECT_TRUE(run().report.done());
  settings.message_octets = 0;
  EXPECT_FALSE(foreseen().done());
  EXPECT_EQ(run().report.text, foreseen().text);
}

TEST_F(DeliveryQuotaTest, AFolderCountsAgainstTheMaildir) {
  scratch.make_maildir("Maildir/.f");
  scratch.write("Maildir/.f/maildirfolder", "");
  scratch.write("Maildir/maildirsize", "100S\n");
  scratch.write(".qmail", "./Maildir/.f/\n");
  EXPECT_TRUE(run().report.done());
  EXPECT_EQ(scratch.read("Maildir/maildirsize"), "100S\n0 0\n58 1\n");
  EXPECT_FALSE(foreseen().done());
  EXPECT_FALSE(run().report.done());
  EXPECT_THAT(scratch.names("Maildir/.f/new"), SizeIs(1));
  EXPECT_FALSE(scratch.exists("Maildir/.f/maildirsize"));
}

TEST_F(DeliveryQuotaTest, AMaildirThatMerelyBeginsWithADotHasItsOwn) {
  scratch.make_maildir(".mail");
  scratch.write(".mail/maildirsize", "100S\n");
  request.default_delivery = "./.mail/";
  EXPECT_TRUE(run().report.done());
  EXPECT_EQ(scratch.read(".mail/maildirsize"), "100S\n0 0\n58 1\n");
}

TEST_F(DeliveryQuotaTest, AMessageThatIsNotPublishedIsNotCounted) {
  scratch.write("Maildir/maildirsize", "1000S\n0 0\n");
  outside.files.fail_every("link_fd", EIO);
  EXPECT_EQ(run().report.verdict, Verdict::Later);
  EXPECT_EQ(scratch.read("Maildir/maildirsize"), "1000S\n0 0\n58 1\n-58 -1\n");
}

TEST_F(DeliveryQuotaTest, ABrokenSettingHoldsTheMessage) {
  home.write("control/maildirquota", "lots\n");
  const Report report = run().report;
  EXPECT_EQ(report.verdict, Verdict::Later);
  EXPECT_THAT(report.detail, HasSubstr("control/maildirquota"));
  EXPECT_THAT(scratch.names("Maildir/new"), IsEmpty());
}

TEST_F(DeliveryQuotaTest, WarnsOnceUntilItWasBelow) {
  const std::uint64_t large = 10'000;
  home.write("control/quotawarning", "50\n");
  scratch.write("Maildir/maildirsize", std::to_string(large) + "S\n4900 1\n");
  const auto warnings = [this] {
    std::size_t count = 0;
    for (const std::string& each : scratch.contents("Maildir/new")) {
      count += each.find("Subject: Your mailbox is nearly full\n") != std::string::npos ? 1U : 0U;
    }
    return count;
  };
  EXPECT_TRUE(run().report.done());
  EXPECT_EQ(warnings(), 0U);
  EXPECT_TRUE(run().report.done());
  EXPECT_EQ(warnings(), 1U);
  EXPECT_TRUE(run().report.done());
  EXPECT_EQ(warnings(), 1U);
  // The user deletes something, and it comes back to where it was.
  scratch.write("Maildir/maildirsize", std::to_string(large) + "S\n10 1\n");
  EXPECT_TRUE(run().report.done());
  scratch.write("Maildir/maildirsize", std::to_string(large) + "S\n6000 1\n");
  EXPECT_TRUE(run().report.done());
  EXPECT_EQ(warnings(), 2U);
}

TEST_F(DeliveryQuotaTest, TheWarningIsCountedAndMayBeTheAdministrators) {
  home.write("control/quotawarning", "1\n");
  home.write("control/quotawarningtext", "Subject: voll\n\nBitte\n\nlöschen.\n");
  scratch.write("Maildir/maildirsize", "1000S\n");
  EXPECT_TRUE(run().report.done());
  const std::vector<std::string> found = scratch.contents("Maildir/new");
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_THAT(found,
              testing::Contains(testing::EndsWith("\nSubject: voll\n\nBitte\n\nlöschen.\n")));
  const Maildirsize size = Maildirsize::parse(scratch.read("Maildir/maildirsize"));
  EXPECT_EQ(size.usage, (QuotaUsage{found[0].size() + found[1].size(), 2}));
}

TEST_F(DeliveryQuotaTest, NoSenderWritesLinesIntoTheWarning) {
  home.write("control/quotawarning", "1\n");
  scratch.write("Maildir/maildirsize", "100000S\n");
  request.local = "joe\nBcc: x";
  EXPECT_TRUE(run().report.done());
  for (const std::string& each : scratch.contents("Maildir/new")) {
    EXPECT_EQ(each.find("\nBcc: x"), std::string::npos);
  }
}

// DESIGN section 6: a retry after an unclean end must not show the message twice.
class MaildirAttemptTest : public DeliveryQuotaTest {};

TEST_F(MaildirAttemptTest, ARepeatedOneFindsTheMessageAndSyncsItsDirectory) {
  settings.attempt = "q1";
  EXPECT_TRUE(run().report.done());
  ASSERT_THAT(scratch.names("Maildir/new"), SizeIs(1));
  EXPECT_TRUE(run().report.done());
  EXPECT_THAT(scratch.names("Maildir/new"), SizeIs(1));
  EXPECT_EQ(outside.files.journal().back(), "sync");
}

TEST_F(MaildirAttemptTest, AlsoOneThatWasReadMeanwhile) {
  settings.attempt = "q1";
  EXPECT_TRUE(run().report.done());
  const std::string name = scratch.names("Maildir/new").front();
  ASSERT_EQ(std::rename(scratch.path("Maildir/new/" + name).c_str(),
                        scratch.path("Maildir/cur/" + name + ":2,RSab").c_str()),
            0);
  EXPECT_TRUE(run().report.done());
  EXPECT_THAT(scratch.names("Maildir/new"), IsEmpty());
}

TEST_F(MaildirAttemptTest, AnotherNameRecipientOrSenderIsAnotherMessage) {
  settings.attempt = "q1";
  EXPECT_TRUE(run().report.done());
  settings.attempt = "q2";
  EXPECT_TRUE(run().report.done());
  request.local = "joe-x";
  EXPECT_TRUE(run().report.done());
  request.sender = "c@d";
  EXPECT_TRUE(run().report.done());
  EXPECT_THAT(scratch.names("Maildir/new"), SizeIs(4));
}

// As by LMTP, where each attempt has a Received line of its own.
TEST_F(MaildirAttemptTest, TheNameSaysWhichMessageItIsNotItsOctets) {
  settings.attempt = "q1";
  EXPECT_TRUE(run().report.done());
  home.write("other", std::string{"Received: later\n"} + kMessage);
  const UniqueFd other{::open(home.path("other").c_str(), O_RDONLY)};
  EXPECT_TRUE(deliver(outside.system, request, settings, other.get()).report.done());
  EXPECT_THAT(scratch.names("Maildir/new"), SizeIs(1));
}

TEST_F(MaildirAttemptTest, TwoEqualLinesAreTwoMessages) {
  scratch.write(".qmail", "./Maildir/\n./Maildir/\n");
  settings.attempt = "q1";
  EXPECT_TRUE(run().report.done());
  EXPECT_THAT(scratch.names("Maildir/new"), SizeIs(2));
  EXPECT_TRUE(run().report.done());
  EXPECT_THAT(scratch.names("Maildir/new"), SizeIs(2));
}

TEST_F(MaildirAttemptTest, WithoutANameEachDeliveryIsAMessageAndNothingIsLookedFor) {
  EXPECT_TRUE(run().report.done());
  EXPECT_TRUE(run().report.done());
  EXPECT_THAT(scratch.names("Maildir/new"), SizeIs(2));
  EXPECT_THAT(outside.files.journal(), testing::Not(testing::Contains("list new")));
}

TEST_F(MaildirAttemptTest, WhatHasArrivedIsNotRefusedForAQuotaThatItFilled) {
  scratch.write("Maildir/maildirsize", std::to_string(kStored) + "S\n");
  settings.attempt = "q1";
  EXPECT_TRUE(run().report.done());
  EXPECT_TRUE(run().report.done());
  EXPECT_THAT(scratch.names("Maildir/new"), SizeIs(1));
}

}  // namespace
}  // namespace lbx::deliver
