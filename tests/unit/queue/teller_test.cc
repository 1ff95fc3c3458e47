// SPDX-License-Identifier: MIT
#include "queue/teller.h"

#include <gmock/gmock.h>

#include "support/queue_works.h"

namespace lbx::queue {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class TellerTest : public testing_support::QueueWorks {
 protected:
  void SetUp() override {
    settings.host = settings.me = "mail.example.org";
    settings.from = "MAILER-DAEMON@mail.example.org";
    settings.double_to = "postmaster@example.org";
    settings.local_dates = false;
    routes.domains.locals = users::domain_set({"example.org"});
    routes.delimiters = "-";
    teller.use(settings, routes, 604'800);
  }
  /// In the store, with these recipients, of which the first `failed` have failed.
  Submitted failing(const std::vector<std::string>& addresses, std::size_t failed,
                    const std::string& octets = "Subject: a\n\nb\n") {
    const Submitted message = stored(mail(addresses, octets));
    for (std::size_t i = 0; i < failed; ++i) end(message, i, State::Failed);
    return message;
  }
  void end(const Submitted& message, std::size_t index, State state) {
    const Outcome outcome{message.recipients.at(index), state, 0, now(), "no (#5.0.0)\n"};
    EXPECT_TRUE(store.begin(Durability::Now));
    EXPECT_TRUE(store.record({&outcome, 1}));
    EXPECT_TRUE(store.commit());
    store.commits.clear();
  }
  /// What the process has of it, as long as it is held.
  LivePtr known(const Submitted& message, std::size_t open) {
    Live made;
    made.id = message.message;
    made.open = open;
    return live.add(std::move(made));
  }
  std::vector<Message> queue() { return store.list(0, 100).value(); }
  std::string text_of(MessageId message) {
    return std::get<InlineBody>(store.message(message, true).value()->body).octets;
  }

  BounceSettings settings;
  Routes routes;
  Teller teller{{system.system, *loop, *committer, spool, live, log, recorder, intake, /*uid=*/77}};
};

TEST_F(TellerTest, TheBounceAndTheEndOfItsRecipientsAreOneTransaction) {
  const Submitted message = failing({"joe@example.net", "ann@example.net"}, 2);
  teller.failed(message.message, known(message, 0));
  EXPECT_FALSE(teller.idle());
  settle();
  EXPECT_TRUE(teller.idle());
  EXPECT_THAT(store.commits, ElementsAre(Durability::Soon, Durability::Now)) << "read, and written";
  const std::vector<Message> left = queue();
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].envelope.sender, "");
  EXPECT_EQ(left[0].envelope.uid, 77U);
  EXPECT_EQ(left[0].recipients.at(0).as.address, "ann@example.org");
  EXPECT_EQ(left[0].recipients.at(0).as.channel, Channel::Local);
  EXPECT_THAT(text_of(left[0].id),
              AllOf(HasSubstr("<joe@example.net>:\n"), HasSubstr("<ann@example.net>:\n"),
                    HasSubstr("no (#5.0.0)"), HasSubstr("Subject: a\n")));
  EXPECT_EQ(left[0].envelope.size, text_of(left[0].id).size());
  EXPECT_EQ(scheduler.waiting(), 1U);
  EXPECT_EQ(teller.told(), 1U);
  log.flush();
  EXPECT_THAT(logged, AllOf(HasSubstr("bounce msg 1 qp 4711\n"), HasSubstr("end msg 1\n")));
}

TEST_F(TellerTest, ABounceThatCannotBeCommittedLeavesTheFailureToBeTold) {
  const Submitted message = failing({"joe@example.net"}, 1);
  teller.finish(message.message);
  wait_for_the_store();  // it has been read
  store.failing_commits = 1;
  settle();
  EXPECT_THAT(queue(), SizeIs(1));
  EXPECT_EQ(state_of(message.message), State::Failed);
  EXPECT_TRUE(teller.idle());
  EXPECT_EQ(teller.told(), 0U);
  log.flush();
  EXPECT_EQ(logged,
            "warning: trouble injecting bounce message, will try later: the disk is full\n");

  teller.finish(message.message);  // as the next start does it
  settle();
  EXPECT_THAT(queue(), ElementsAre(testing::Field(&Message::id, testing::Ne(message.message))));
}

TEST_F(TellerTest, AFailureWaitsForTheOthersOfItsMessage) {
  const Submitted message = failing({"joe@example.net", "ann@example.net"}, 1);
  const LivePtr about = known(message, 1);
  teller.failed(message.message, about);
  settle();
  EXPECT_THAT(store.commits, IsEmpty());
  EXPECT_TRUE(teller.idle()) << "what waits for company is in the store";

  end(message, 1, State::Failed);
  about->open = 0;
  teller.failed(message.message, about);
  settle();
  ASSERT_THAT(queue(), SizeIs(1));
  EXPECT_THAT(text_of(queue()[0].id),
              AllOf(HasSubstr("<joe@example.net>:\n"), HasSubstr("<ann@example.net>:\n")));
  EXPECT_EQ(teller.told(), 1U);
}

TEST_F(TellerTest, WhatFailsWhileABounceIsWrittenIsInTheNextOne) {
  const Submitted message = failing({"joe@example.net", "ann@example.net"}, 1);
  const LivePtr about = known(message, 1);
  teller.finish(message.message);
  wait_for_the_store();
  // The bounce about joe is being written; nobody has looked at ann.
  about->open = 0;
  recorder.add({{message.recipients[1], State::Failed, 0, now(), {}},
                "no (#5.0.0)\n",
                about,
                message.message,
                false});
  teller.failed(message.message, about);
  settle();
  const std::vector<Message> left = queue();
  ASSERT_THAT(left, SizeIs(2));
  EXPECT_THAT(text_of(left[0].id), Not(HasSubstr("<ann@example.net>")));
  EXPECT_THAT(text_of(left[1].id), Not(HasSubstr("<joe@example.net>")));
  EXPECT_EQ(teller.told(), 2U);
}

TEST_F(TellerTest, WhatHasArrivedIsToldToWhoAskedForIt) {
  NewMessage asked = mail({"joe@example.net"});
  asked.recipients[0].notify.success = true;
  const Submitted message = stored(asked);
  end(message, 0, State::Arrived);
  teller.failed(message.message, known(message, 0));
  settle();
  ASSERT_THAT(queue(), SizeIs(1));
  EXPECT_THAT(text_of(queue()[0].id), HasSubstr("Action: delivered"));
  log.flush();
  EXPECT_THAT(logged, HasSubstr("success notice of msg 1\n"));
}

TEST_F(TellerTest, WhereNobodyIsToHearTheMessageEndsAllTheSame) {
  NewMessage twice = mail({"joe@example.net"});
  twice.envelope.sender = "#@[]";
  const Submitted message = stored(twice);
  end(message, 0, State::Failed);
  teller.finish(message.message);
  settle();
  EXPECT_THAT(queue(), IsEmpty());
  EXPECT_EQ(teller.told(), 0U);
  log.flush();
  EXPECT_EQ(logged, "triple bounce: discarding bounce/1\nend msg 1\n");
}

TEST_F(TellerTest, ALargeOriginalMakesTheBounceAFile) {
  std::string original{"Subject: a\n\n"};
  while (original.size() < 300'000) original += "one line of many\n";
  const Submitted message = failing({"joe@example.net"}, 1, original);
  teller.finish(message.message);
  settle();
  const std::vector<Message> left = queue();
  ASSERT_THAT(left, SizeIs(1));
  log.flush();
  const auto* const body = std::get_if<SpoolBody>(&left[0].body);
  ASSERT_NE(body, nullptr) << logged;
  EXPECT_EQ(left[0].envelope.sender, "");
  EXPECT_THAT(scratch.names("spool"), ElementsAre(body->name));
  EXPECT_EQ(scratch.read("spool/" + body->name).size(), left[0].envelope.size);
}

TEST_F(TellerTest, OfAMessageThatIsGoneNothingIsTold) {
  teller.finish(99);
  settle();
  EXPECT_TRUE(teller.idle());
  EXPECT_THAT(queue(), IsEmpty());
}

TEST_F(TellerTest, BouncesAreCountedForSoManyMessagesOnly) {
  Teller forgetful{{system.system, *loop, *committer, spool, live, log, recorder, intake, 77,
                    /*most_counted=*/2}};
  forgetful.use(settings, routes, 604'800);
  for (std::uint64_t told = 1; told <= 5; ++told) {
    forgetful.finish(failing({"joe@example.net", "ann@example.net"}, 1).message);
    settle();
    EXPECT_EQ(forgetful.told(), told);
    EXPECT_GE(forgetful.counted(), 1U);
    EXPECT_LE(forgetful.counted(), 2U);
  }
}

TEST_F(TellerTest, OneThatIsAskedForTwiceIsTheSame) {
  const Submitted message = failing({"joe@example.net"}, 1);
  teller.finish(message.message);
  teller.finish(message.message);
  settle();
  EXPECT_THAT(queue(), SizeIs(1));
  EXPECT_EQ(teller.told(), 1U);
}

}  // namespace
}  // namespace lbx::queue
