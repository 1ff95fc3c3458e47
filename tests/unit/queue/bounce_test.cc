// SPDX-License-Identifier: MIT
#include "queue/bounce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "core/message/report_text.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

constexpr std::int64_t kNow = 1'700'010'000;
constexpr std::int64_t kBorn = 1'700'000'000;

class BounceTest : public testing::Test {
 protected:
  BounceTest() {
    settings.host = "mail.example.org";
    settings.me = "mx.example.org";
    settings.from = "MAILER-DAEMON@mail.example.org";
    settings.double_to = "postmaster@example.org";
    settings.max_bytes = 1000;
    settings.delay_warning = 3600;
    settings.local_dates = false;
    message.id = 7;
    message.envelope.sender = "ann@example.com";
    message.envelope.born = kBorn;
    message.envelope.size = 1000;
    add("joe@example.net", "no mailbox (#5.1.1)\n");
  }

  Recipient& add(const std::string& address, const std::string& report) {
    Recipient recipient;
    recipient.id = static_cast<RecipientId>(message.recipients.size() + 1);
    recipient.message = message.id;
    recipient.state = State::Failed;
    recipient.attempts = 1;
    recipient.tried = kNow - 1;
    recipient.report = report;
    recipient.as.address = address;
    message.recipients.push_back(recipient);
    return message.recipients.back();
  }
  std::vector<const Recipient*> all() const {
    std::vector<const Recipient*> out;
    for (const Recipient& each : message.recipients) out.push_back(&each);
    return out;
  }
  Told failures() const { return failure_notices(message, all(), settings, is_ours, kNow); }
  Told delays() const { return delay_notices(message, all(), settings, kNow + 1000, kNow); }
  Told successes() const { return success_notices(message, all(), settings, kNow); }
  Recipient& joe() { return message.recipients.front(); }

  BounceSettings settings;
  IsOurs is_ours = [](std::string_view address) { return address.ends_with("@example.org"); };
  Message message;
};

TEST_F(BounceTest, ASenderHearsOfAFailureFromNobody) {
  message.envelope.envelope_id = "id-1";
  joe().as.original_recipient = "rfc822;Joe@example.net";
  const Told told = failures();
  ASSERT_THAT(told.notices, SizeIs(1));
  const Notice& notice = told.notices.front();
  EXPECT_EQ(notice.envelope.sender, "");
  EXPECT_EQ(notice.envelope.extent, Return::Default);
  EXPECT_EQ(notice.envelope.envelope_id, "");
  EXPECT_EQ(notice.envelope.born, kNow);
  EXPECT_EQ(notice.recipient.address, "ann@example.com");
  EXPECT_EQ(notice.recipient.notify, Notify{});  // RFC 3461 section 6.1
  EXPECT_EQ(notice.report.kind, ReportKind::Failure);
  EXPECT_EQ(notice.report.to, "ann@example.com");
  EXPECT_EQ(notice.report.sender, "ann@example.com");
  EXPECT_EQ(notice.report.host, "mail.example.org");
  EXPECT_EQ(notice.report.reporting_mta, "mx.example.org");
  EXPECT_EQ(notice.report.arrival, kBorn);
  EXPECT_EQ(notice.report.date, kNow);
  EXPECT_EQ(notice.report.envelope_id, "id-1");
  EXPECT_TRUE(notice.report.return_original);
  ASSERT_THAT(notice.report.recipients, SizeIs(1));
  EXPECT_EQ(notice.report.recipients.front().address, "joe@example.net");
  EXPECT_EQ(notice.report.recipients.front().original_recipient, "rfc822;Joe@example.net");
  EXPECT_EQ(notice.report.recipients.front().action, ReportAction::Failed);
  EXPECT_EQ(notice.report.recipients.front().last_attempt, kNow - 1);
  EXPECT_EQ(told.log, "");
}

TEST_F(BounceTest, WhatAVirtualDomainPrependsIsNotShown) {
  joe().as.address = "shop-joe@example.net";
  joe().as.original = "joe@example.net";
  EXPECT_EQ(failures().notices.front().report.recipients.front().address, "joe@example.net");
}

TEST_F(BounceTest, ABounceThatFailsGoesToTheAdministrator) {
  message.envelope.sender = "";
  joe().as.notify.never = true;  // which is about the sender, who is nobody
  const Told told = failures();
  ASSERT_THAT(told.notices, SizeIs(1));
  EXPECT_EQ(told.notices.front().envelope.sender, "#@[]");
  EXPECT_EQ(told.notices.front().recipient.address, "postmaster@example.org");
  EXPECT_EQ(told.notices.front().report.kind, ReportKind::DoubleBounce);
  EXPECT_EQ(told.notices.front().report.sender, "");
}

TEST_F(BounceTest, WithoutAnAdministratorItIsDiscarded) {
  settings.double_to = "";
  message.envelope.sender = "";
  const Told told = failures();
  EXPECT_THAT(told.notices, IsEmpty());
  EXPECT_EQ(told.log, "double bounce: discarding bounce/7");
}

TEST_F(BounceTest, ADoubleBounceThatFailsIsDiscarded) {
  message.envelope.sender = "#@[]";
  const Told told = failures();
  EXPECT_THAT(told.notices, IsEmpty());
  EXPECT_EQ(told.log, "triple bounce: discarding bounce/7");
}

TEST_F(BounceTest, AVerpSenderHearsUnderItsOwnAddress) {
  message.envelope.sender = "list-return-@example.com-@[]";
  EXPECT_EQ(failures().notices.front().recipient.address, "list-return-@example.com");
  EXPECT_EQ(failures().notices.front().report.sender, "list-return-@example.com");
  message.envelope.sender = "-@[]";  // nobody, then
  EXPECT_EQ(failures().notices.front().recipient.address, "postmaster@example.org");
}

// RFC 3461 sections 5.2.2 to 5.2.6.
TEST_F(BounceTest, NotifyDecidesWhoHears) {
  struct Case {
    Notify notify;
    bool failure, delay, success;
  };
  joe().state = State::Waiting;
  for (const Case& each :
       {Case{{}, true, true, false}, Case{{.never = true}, false, false, false},
        Case{{.success = true}, false, false, true}, Case{{.failure = true}, true, false, false},
        Case{{.delay = true}, false, true, false},
        Case{{.success = true, .failure = true, .delay = true}, true, true, true},
        Case{{.never = true, .success = true}, false, false, false}}) {
    joe().as.notify = each.notify;
    EXPECT_EQ(failures().notices.size(), each.failure ? 1U : 0U);
    EXPECT_EQ(delays().notices.size(), each.delay ? 1U : 0U);
    EXPECT_EQ(successes().notices.size(), each.success ? 1U : 0U);
    EXPECT_EQ(failures().log, "");
  }
}

TEST_F(BounceTest, OneNoticeSpeaksOfAllThatFailedTogether) {
  add("jim@example.net", "no\n");
  add("jill@example.net", "no\n").as.notify.never = true;
  const Told told = failures();
  ASSERT_THAT(told.notices, SizeIs(1));
  EXPECT_THAT(told.notices.front().report.recipients, SizeIs(2));
}

TEST_F(BounceTest, ANoticeSpeaksOfSoManyRecipientsAndNoMore) {
  while (message.recipients.size() < kMaxReported * 2 + 1) add("x@example.net", "no\n");
  const Told told = failures();
  ASSERT_THAT(told.notices, SizeIs(3));
  EXPECT_THAT(told.notices.front().report.recipients, SizeIs(kMaxReported));
  EXPECT_THAT(told.notices.back().report.recipients, SizeIs(1));
}

TEST_F(BounceTest, MailThatCameRoundAgainIsNotToldToStrangers) {
  joe().report = "This message is looping: it already has my Delivered-To line. (#5.4.6)\n";
  add("jim@example.net", "no\n");
  const Told told = failures();
  ASSERT_THAT(told.notices, SizeIs(2));
  EXPECT_EQ(told.notices[0].recipient.address, "ann@example.com");
  EXPECT_EQ(told.notices[0].report.recipients.front().address, "jim@example.net");
  EXPECT_EQ(told.notices[1].envelope.sender, "#@[]");
  EXPECT_EQ(told.notices[1].recipient.address, "postmaster@example.org");
  EXPECT_EQ(told.notices[1].report.kind, ReportKind::Looping);
  EXPECT_EQ(told.notices[1].report.recipients.front().address, "joe@example.net");
  EXPECT_FALSE(told.notices[1].report.return_original);
}

TEST_F(BounceTest, OurOwnUsersHearOfTheirLoops) {
  joe().report = "looping (#5.4.6)\n";
  message.envelope.sender = "ann@example.org";
  EXPECT_EQ(failures().notices.front().recipient.address, "ann@example.org");
}

TEST_F(BounceTest, ARemoteHostMayCountTheHops) {
  joe().as.channel = Channel::Remote;
  joe().report = "192.0.2.1 failed after I sent the message.\nRemote host said: 554 5.4.6 hops\n";
  EXPECT_EQ(failures().notices.front().report.kind, ReportKind::Looping);
  // That we are our own mail exchanger is a mistake, not a loop: the sender hears.
  joe().report = "Sorry. Although I'm listed as a best-preference MX (#5.4.6)\n";
  EXPECT_EQ(failures().notices.front().report.kind, ReportKind::Failure);
}

TEST_F(BounceTest, ALoopWithoutAnAdministratorIsDiscarded) {
  joe().report = "looping (#5.4.6)\n";
  settings.double_to = "";
  EXPECT_THAT(failures().notices, IsEmpty());
  EXPECT_EQ(failures().log, "double bounce: discarding bounce/7");
}

TEST_F(BounceTest, TheAdministratorMayHaveCopies) {
  settings.copy_to = "watch@example.org";
  const Told told = failures();
  ASSERT_THAT(told.notices, SizeIs(2));
  EXPECT_EQ(told.notices[1].envelope.sender, "#@[]");
  EXPECT_EQ(told.notices[1].recipient.address, "watch@example.org");
  EXPECT_EQ(told.notices[1].report.kind, ReportKind::Copy);
  EXPECT_FALSE(told.notices[1].report.return_original);
  joe().as.notify.never = true;
  EXPECT_THAT(failures().notices, IsEmpty());
  message.envelope.sender = "";
  EXPECT_THAT(failures().notices, SizeIs(1));
}

TEST_F(BounceTest, HowMuchComesBackIsBoundedAndTheSendersWish) {
  const auto returns_all = [this] { return failures().notices.front().report.return_original; };
  EXPECT_TRUE(returns_all());
  message.envelope.extent = Return::Headers;
  EXPECT_FALSE(returns_all());
  message.envelope.extent = Return::Full;
  EXPECT_TRUE(returns_all());
  message.envelope.size = 1001;
  EXPECT_FALSE(returns_all());
  settings.max_bytes = 0;
  EXPECT_TRUE(returns_all());
}

TEST_F(BounceTest, ADelayIsToldOnceAndInTime) {
  joe().state = State::Waiting;
  const auto warns = [this](std::int64_t now) {
    return warns_of_delay(message, joe(), settings, now);
  };
  EXPECT_FALSE(warns(kBorn + 3599));
  EXPECT_TRUE(warns(kBorn + 3600));
  joe().attempts = 0;  // nothing is known to be wrong
  EXPECT_FALSE(warns(kNow));
  joe().attempts = 1;
  joe().told_of_delay = true;
  EXPECT_FALSE(warns(kNow));
  joe().told_of_delay = false;
  joe().state = State::Held;
  EXPECT_FALSE(warns(kNow));
  joe().state = State::Waiting;
  settings.delay_warning = 0;
  joe().as.notify.delay = true;
  EXPECT_FALSE(warns(kNow));
}

TEST_F(BounceTest, ADelayNoticeSaysUntilWhen) {
  joe().state = State::Waiting;
  const Told told = delays();
  ASSERT_THAT(told.notices, SizeIs(1));
  EXPECT_EQ(told.notices.front().report.kind, ReportKind::Delay);
  EXPECT_EQ(told.notices.front().report.recipients.front().action, ReportAction::Delayed);
  EXPECT_EQ(told.notices.front().report.recipients.front().retry_until, kNow + 1000);
  EXPECT_FALSE(told.notices.front().report.return_original);
}

// They would count it as a bounce.
TEST_F(BounceTest, ListsAndOldProgramsHearOfADelayOnlyIfTheyAskedForIt) {
  joe().state = State::Waiting;
  message.envelope.sender = "list-@example.com-@[]";
  EXPECT_THAT(delays().notices, IsEmpty());
  joe().as.notify.delay = true;
  EXPECT_EQ(delays().notices.front().recipient.address, "list-@example.com");

  message.envelope.sender = "ann@example.com";
  settings.form = ReportForm::Qsbmf;
  EXPECT_EQ(delays().notices.front().report.form, ReportForm::Multipart);
  joe().as.notify.delay = false;
  EXPECT_THAT(delays().notices, IsEmpty());
}

TEST_F(BounceTest, ASuccessIsDeliveredHereOrRelayed) {
  joe().as.notify.success = true;
  add("jim@example.net", "").as.channel = Channel::Remote;
  message.recipients.back().as.notify.success = true;
  const Told told = successes();
  ASSERT_THAT(told.notices, SizeIs(1));
  EXPECT_EQ(told.notices.front().report.recipients[0].action, ReportAction::Delivered);
  EXPECT_EQ(told.notices.front().report.recipients[1].action, ReportAction::Relayed);
  EXPECT_FALSE(told.notices.front().report.return_original);
}

TEST_F(BounceTest, ANoticeToAnAddressOfUtf8NeedsSmtpUtf8) {
  EXPECT_FALSE(failures().notices.front().envelope.utf8);
  message.envelope.sender = "j\xc3\xb6rg@example.com";
  EXPECT_TRUE(failures().notices.front().envelope.utf8);
}

// DEFECTS 1.2, RFC 5321 section 6.1: whatever the message and the settings are.
TEST_F(BounceTest, NoStrangerEverHearsOfABounceOrALoop) {
  std::mt19937 random{4711};
  const auto one_of = [&random](const std::vector<std::string>& what) {
    return what[random() % what.size()];
  };
  const auto coin = [&random] { return random() % 2 == 0; };
  const std::vector<std::string> administrators{"postmaster@example.org", "watch@example.org"};
  for (int i = 0; i < 4000; ++i) {
    message.recipients.clear();
    const std::string looping = "round and round (#5.4.6)\n";
    const bool only_loops = coin();
    for (std::size_t n = 1 + random() % 3; n > 0; --n) {
      Recipient& each = add("r@example.net", only_loops ? looping : one_of({looping, "no\n", ""}));
      each.as.notify = {coin() && coin(), coin(), coin(), coin()};
      each.state = coin() ? State::Waiting : State::Failed;
      if (coin() && !only_loops) each.as.channel = Channel::Remote;
    }
    message.envelope.sender =
        one_of({"", "#@[]", "-@[]", "a@elsewhere.example", "l-@elsewhere.example-@[]"});
    settings.form = coin() ? ReportForm::Multipart : ReportForm::Qsbmf;
    settings.double_to = one_of({"", administrators[0]});
    settings.copy_to = one_of({"", administrators[1]});
    const std::string& sender = message.envelope.sender;
    const bool nobody = sender.empty() || sender == "#@[]" || sender == "-@[]";
    for (const Notice& notice : failures().notices) {
      const bool to_us =
          testing::Matches(testing::Contains(notice.recipient.address))(administrators);
      EXPECT_TRUE(to_us || (!nobody && !only_loops)) << sender;
      EXPECT_EQ(notice.envelope.sender, to_us ? "#@[]" : "");
      EXPECT_FALSE(sender == "#@[]");
    }
    if (nobody) {
      EXPECT_THAT(delays().notices, IsEmpty());
      EXPECT_THAT(successes().notices, IsEmpty());
    }
  }
}

TEST(BounceSettingsTest, WithoutFilesTheDefaultsCount) {
  TestSystem outside;
  const ScratchDirectory home;
  const control::ControlDirectory control{outside.files, home.path()};
  const Result<BounceSettings> settings = read_bounce_settings(control, ReportForm::Qsbmf);
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->form, ReportForm::Qsbmf);
  EXPECT_EQ(settings->from, "MAILER-DAEMON@bouncehost");
  EXPECT_EQ(settings->host, "bouncehost");
  EXPECT_EQ(settings->me, "bouncehost");
  EXPECT_EQ(settings->double_to, "postmaster@doublebouncehost");
  EXPECT_EQ(settings->copy_to, "");
  EXPECT_EQ(settings->max_bytes, 1'048'576U);
  EXPECT_EQ(settings->delay_warning, 14'400);
}

TEST(BounceSettingsTest, FilesSayOtherwise) {
  TestSystem outside;
  const ScratchDirectory home;
  home.make_directory("control");
  const control::ControlDirectory control{outside.files, home.path()};
  home.write("control/me", "mx.example.org\n");
  EXPECT_EQ(read_bounce_settings(control, ReportForm::Multipart)->from,
            "MAILER-DAEMON@mx.example.org");
  home.write("control/bouncefrom", "BOUNCER\n");
  home.write("control/bouncehost", "bounce.example\n");
  home.write("control/bounceformat", "report\n");
  home.write("control/doublebounceto", "\n");
  home.write("control/bouncecopyto", "watch@example.org\n");
  home.write("control/bouncemaxbytes", "0\n");
  home.write("control/delaywarning", "0\n");
  const Result<BounceSettings> settings = read_bounce_settings(control, ReportForm::Qsbmf);
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->form, ReportForm::Multipart);
  EXPECT_EQ(settings->from, "BOUNCER@bounce.example");
  EXPECT_EQ(settings->me, "mx.example.org");
  EXPECT_EQ(settings->double_to, "");
  EXPECT_EQ(settings->copy_to, "watch@example.org");
  EXPECT_EQ(settings->max_bytes, 0U);
  EXPECT_EQ(settings->delay_warning, 0);
  home.write("control/bounceformat", "pigeon\n");
  EXPECT_FALSE(read_bounce_settings(control, ReportForm::Qsbmf));
}

}  // namespace
}  // namespace lbx::queue
