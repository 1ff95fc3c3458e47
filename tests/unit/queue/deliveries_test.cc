// SPDX-License-Identifier: MIT
#include "queue/deliveries.h"

#include <gmock/gmock.h>

#include "core/message/report_text.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class DeliveriesTest : public testing::Test {
 protected:
  void SetUp() override { now = system.clock.time.seconds; }

  /// Recipients 10 * id and so on, of a message that is live.
  LivePtr add(MessageId id, const std::string& sender, Channel channel,
              const std::vector<std::string>& addresses) {
    Live made;
    made.id = id;
    made.envelope.sender = sender;
    made.envelope.born = now;
    made.envelope.pid = 12;
    RecipientId recipient = 10 * id;
    for (const std::string& each : addresses) {
      made.recipients.push_back({recipient, each});
      const std::string destination =
          channel == Channel::Local ? each : each.substr(each.find('@') + 1);
      scheduler.add({recipient++, id, channel, now, now, 0, destination, false}, now);
    }
    made.open = addresses.size();
    held.push_back(live.add(std::move(made)));
    return held.back();
  }
  void answer(std::uint64_t number, wire::Verdict verdict, const std::string& text,
              Channel channel = Channel::Local) {
    const std::string bytes = wire::encode(number, wire::Answer{verdict, text});
    if (channel == Channel::Local) {
      deliveries.take_local_answer(bytes);
    } else {
      deliveries.take_remote_answer(bytes);
    }
  }

  /// It is not on the disk yet.
  void delivered(std::uint64_t number) {
    deliveries.take_local_answer(
        wire::encode(number, wire::Answer{wire::Verdict::Done, "did 1+0+0\n", false, 4}));
  }

  testing_support::TestSystem system;
  std::int64_t now{0};
  Scheduler scheduler{{.local = 5, .remote = 5, .patience = 1}};
  LiveMessages live{{}};
  std::string logged;
  LogLines log{LogFormat::Lines, [this](std::string_view more) { logged += more; }};
  std::vector<LivePtr> held;
  std::vector<wire::Order> local;
  std::vector<wire::RemoteOrder> remote;
  std::vector<Finished> finished;
  std::vector<std::pair<MessageId, std::function<void(Result<LivePtr>)>>> loads;
  std::vector<MessageId> next;  // said with the last of them
  Deliveries deliveries{
      system.clock,
      scheduler,
      live,
      log,
      "store",
      {[this](MessageId id, const auto& coming, auto take) {
         loads.emplace_back(id, std::move(take));
         next = coming;
       },
       [this](const std::string& bytes, const auto& /*message*/, bool /*shared*/) {
         local.push_back(wire::decode_order(bytes).value().order);
       },
       [this](const std::string& bytes, const auto& /*message*/, bool /*shared*/) {
         remote.push_back(wire::decode_remote_order(bytes).value());
       },
       [this](Finished each) { finished.push_back(std::move(each)); }}};
};

TEST_F(DeliveriesTest, AnAttemptHasAnOrderAnOutcomeAndItsLines) {
  add(7, "s@x", Channel::Local, {"joe-a@b@example.org"});
  deliveries.start();
  ASSERT_THAT(local, SizeIs(1));
  EXPECT_EQ(local[0].local, "joe-a@b");
  EXPECT_EQ(local[0].domain, "example.org");
  EXPECT_EQ(local[0].sender, "s@x");
  EXPECT_EQ(local[0].attempt, "store.7.70." + std::to_string(now) + ".12");
  EXPECT_EQ(local[0].earlier, wire::Earlier::None);
  EXPECT_TRUE(deliveries.has(70));
  answer(1, wire::Verdict::Done, "did 1+0+0\n");
  ASSERT_THAT(finished, SizeIs(1));
  EXPECT_EQ(finished[0].outcome.state, State::Done);
  EXPECT_EQ(finished[0].report, "");
  EXPECT_TRUE(deliveries.idle());
  log.flush();
  EXPECT_EQ(logged,
            "starting delivery 1: msg 7 to local joe-a@b@example.org\n"
            "status: local 1/5 remote 0/5\n"
            "delivery 1: success: did_1+0+0/\n"
            "status: local 0/5 remote 0/5\n");
}

TEST_F(DeliveriesTest, WhatIsPutOffComesAgainByTheSchedule) {
  add(7, "s@x", Channel::Local, {"joe@example.org"});
  deliveries.start();
  answer(1, wire::Verdict::Later, "not now\n");
  ASSERT_THAT(finished, SizeIs(1));
  EXPECT_EQ(finished[0].outcome.state, State::Waiting);
  EXPECT_EQ(finished[0].outcome.due, now + 100);
  EXPECT_EQ(finished[0].report, "not now\n");
  EXPECT_EQ(scheduler.next_time(), now + 100);
}

TEST_F(DeliveriesTest, WhatMayHaveBeenTriedBeforeIsOrderedSo) {
  add(7, "s@x", Channel::Local, {"joe@example.org"});
  deliveries.start();
  answer(1, wire::Verdict::Later, "not now\n");
  scheduler.all_due(now);
  deliveries.start();
  ASSERT_THAT(local, SizeIs(2));
  EXPECT_EQ(local[1].earlier, wire::Earlier::Maybe);
  EXPECT_EQ(local[1].attempt, local[0].attempt);
  scheduler.add({80, 8, Channel::Local, now, now, 0, "ann"}, now);  // as the store leases it
  Live made;
  made.id = 8;
  made.recipients.push_back({80, "ann@example.org"});
  const LivePtr kept = live.add(std::move(made));
  deliveries.start();
  ASSERT_THAT(local, SizeIs(3));
  EXPECT_EQ(local[2].earlier, wire::Earlier::Maybe);
}

TEST_F(DeliveriesTest, NotesAreForgottenAfterTheEndAndAFewAtATime) {
  add(7, "s@x", Channel::Local, {"joe@example.org"});
  deliveries.start();
  deliveries.take_local_answer(wire::encode(1, wire::Answer{wire::Verdict::Later, "", true}));
  scheduler.all_due(now);
  deliveries.start();
  deliveries.take_local_answer(wire::encode(2, wire::Answer{wire::Verdict::Done, "", true}));
  ASSERT_THAT(finished, SizeIs(2));
  EXPECT_FALSE(finished[0].notes) << "another attempt follows";
  ASSERT_TRUE(finished[1].notes);
  EXPECT_EQ(finished[1].notes->kind, wire::Order::Kind::Forget);
  EXPECT_EQ(finished[1].notes->attempt, local[0].attempt);
  local.clear();
  for (int i = 0; i < 20; ++i) deliveries.forget(*finished[1].notes);
  EXPECT_THAT(local, SizeIs(16));
  for (std::uint64_t number = 3; number < 3 + 20; ++number) {
    EXPECT_FALSE(deliveries.idle());
    answer(number, wire::Verdict::Done, "");
  }
  EXPECT_THAT(local, SizeIs(20));
  EXPECT_TRUE(deliveries.idle());
}

TEST_F(DeliveriesTest, OnlySoManyAreNotOnTheDiskYet) {
  constexpr auto kMessages = static_cast<MessageId>(kMaxUnsettled + 20);
  for (MessageId id = 1; id <= kMessages; ++id) add(id, "s@x", Channel::Local, {"joe@example.org"});
  std::size_t later = 0;
  std::size_t at_once = 0;
  deliveries.start();  // the first one stays under way
  for (std::size_t i = 1; i < local.size(); ++i) {
    if (local[i].kind != wire::Order::Kind::Local) continue;  // the flush never ends
    if (local[i].settle_later) {
      ++later;
      delivered(i + 1);
    } else {
      ++at_once;
      answer(i + 1, wire::Verdict::Done, "did 1+0+0\n");
    }
    deliveries.start();
  }
  EXPECT_LE(later, kMaxUnsettled + 5) << "slots";
  EXPECT_GE(later, kMaxUnsettled);
  EXPECT_GT(at_once, 0U);
  EXPECT_THAT(finished, SizeIs(at_once));
}

TEST_F(DeliveriesTest, WhatIsNotOnTheDiskYetFreesItsSlotAndEndsWithTheFlush) {
  for (MessageId id = 1; id < 9; ++id) add(id, "s@x", Channel::Local, {"joe@example.org"});
  deliveries.start();
  ASSERT_THAT(local, SizeIs(4)) << "of five slots";
  EXPECT_FALSE(local[0].settle_later);
  EXPECT_TRUE(local[1].settle_later);
  delivered(2);
  ASSERT_THAT(local, SizeIs(5));
  EXPECT_EQ(local[4].kind, wire::Order::Kind::Settle);
  EXPECT_EQ(local[4].settler, 4U);
  delivered(3);
  delivered(4);
  deliveries.start();
  EXPECT_THAT(local, SizeIs(8)) << "three slots are free, one question is asked";
  EXPECT_THAT(finished, SizeIs(0));
  EXPECT_TRUE(deliveries.has(20));
  answer(5, wire::Verdict::Done, "");
  ASSERT_THAT(finished, SizeIs(1));
  EXPECT_EQ(finished[0].outcome.recipient, 20);
  EXPECT_FALSE(deliveries.has(20));
  EXPECT_TRUE(deliveries.has(30));
  EXPECT_EQ(local.back().kind, wire::Order::Kind::Settle);
  answer(9, wire::Verdict::Done, "");
  EXPECT_THAT(finished, SizeIs(3));
  for (const std::uint64_t number : {1, 6, 7, 8}) answer(number, wire::Verdict::Done, "");
  deliveries.start();
  answer(10, wire::Verdict::Done, "");
  EXPECT_TRUE(deliveries.idle());
}

TEST_F(DeliveriesTest, WhatCannotBeFlushedIsTriedAgainAsOneThatMayBeThere) {
  for (MessageId id = 1; id < 3; ++id) add(id, "s@x", Channel::Local, {"joe@example.org"});
  deliveries.start();
  answer(1, wire::Verdict::Done, "");
  deliveries.take_local_answer(wire::encode(2, wire::Answer{wire::Verdict::Done, "", false, 4}));
  EXPECT_EQ(scheduler.active(Channel::Local), 0U);
  EXPECT_FALSE(deliveries.idle());
  answer(3, wire::Verdict::Later, "I/O error\n");
  ASSERT_THAT(finished, SizeIs(2));
  EXPECT_EQ(finished[1].outcome.state, State::Waiting);
  EXPECT_EQ(finished[1].report, "I/O error\n");
  EXPECT_TRUE(deliveries.idle());
  scheduler.all_due(now);
  deliveries.start();
  EXPECT_EQ(local.back().earlier, wire::Earlier::Maybe);
  EXPECT_EQ(local.back().attempt, local[1].attempt);
}

TEST_F(DeliveriesTest, TheLastAttemptThatIsPutOffHasFailed) {
  deliveries.set_schedule({.lifetime = 50});
  add(7, "s@x", Channel::Local, {"joe@example.org"});
  system.clock.time.seconds += 51;
  deliveries.start();
  answer(1, wire::Verdict::Later, "not now");
  ASSERT_THAT(finished, SizeIs(1));
  EXPECT_EQ(finished[0].outcome.state, State::Failed);
  EXPECT_EQ(finished[0].report, "not now\n" + std::string{kGivenUp});
  EXPECT_EQ(scheduler.waiting(), 0U);
}

TEST_F(DeliveriesTest, WhatASenderWantsToHearOfHasArrivedAndIsNotDoneYet) {
  add(7, "s@x", Channel::Local, {"joe@example.org"})->recipients[0].notify.success = true;
  add(8, "", Channel::Local, {"jim@example.org"})->recipients[0].notify.success = true;
  deliveries.start();
  answer(1, wire::Verdict::Done, "did 1+0+0\n");
  answer(2, wire::Verdict::Done, "did 1+0+0\n");
  ASSERT_THAT(finished, SizeIs(2));
  EXPECT_EQ(finished[0].outcome.state, State::Arrived);
  EXPECT_EQ(finished[0].report, "");
  EXPECT_EQ(finished[1].outcome.state, State::Done) << "nobody is told";
  log.flush();
  EXPECT_THAT(logged, HasSubstr("delivery 1: success: did_1+0+0/\n"));
}

TEST_F(DeliveriesTest, AnAnswerThatNobodyAskedForChangesNothing) {
  add(7, "s@x", Channel::Local, {"joe@example.org"});
  deliveries.start();
  answer(2, wire::Verdict::Never, "");
  answer(1, wire::Verdict::Never, "", Channel::Remote);
  deliveries.take_local_answer("what?");
  EXPECT_THAT(finished, SizeIs(0));
  answer(1, wire::Verdict::Done, "");
  answer(1, wire::Verdict::Never, "");
  EXPECT_THAT(finished, SizeIs(1));
}

TEST_F(DeliveriesTest, RecipientsBehindOneHostAreOneOrderAndOneSlot) {
  add(7, "s@x", Channel::Remote, {"a@far.example", "b@far.example"});
  deliveries.start();
  ASSERT_THAT(remote, SizeIs(1));
  EXPECT_EQ(remote[0].host, "far.example");
  ASSERT_THAT(remote[0].recipients, SizeIs(2));
  EXPECT_EQ(scheduler.active(Channel::Remote), 1U);
  answer(1, wire::Verdict::Done, "", Channel::Remote);
  EXPECT_EQ(scheduler.active(Channel::Remote), 1U);
  answer(2, wire::Verdict::Later, "", Channel::Remote);
  EXPECT_EQ(scheduler.active(Channel::Remote), 0U);
  EXPECT_FALSE(scheduler.resting(Channel::Remote, "far.example", now)) << "one was taken";
}

TEST_F(DeliveriesTest, EachRecipientOfAVerpSenderIsAnOrderOfItsOwn) {
  add(7, "l-@x-@[]", Channel::Remote, {"a@far.example", "b@far.example"});
  deliveries.start();
  ASSERT_THAT(remote, SizeIs(2));
  EXPECT_EQ(remote[0].sender, "l-a=far.example@x");
  EXPECT_EQ(remote[1].sender, "l-b=far.example@x");
}

TEST_F(DeliveriesTest, WhatIsTooOldFailsWithADestinationThatRests) {
  deliveries.set_schedule({.lifetime = 50});
  add(7, "s@x", Channel::Remote, {"a@dead.example"});
  for (MessageId id = 8; id < 15; ++id) add(id, "s@x", Channel::Remote, {"a@dead.example"});
  system.clock.time.seconds += 51;
  deliveries.start();
  const std::size_t begun = remote.size();
  ASSERT_LT(begun, 8U);
  answer(1, wire::Verdict::Later, "no route\n", Channel::Remote);
  ASSERT_EQ(finished.size(), 1 + 8 - begun);
  EXPECT_THAT(finished.back().report, HasSubstr("no route\nI'm not going to try again"));
  EXPECT_EQ(finished.back().outcome.state, State::Failed);
}

TEST_F(DeliveriesTest, AMessageThatIsNotLiveIsReadOnce) {
  held.clear();
  add(7, "s@x", Channel::Local, {"joe@example.org"});
  held.clear();
  deliveries.start();
  ASSERT_THAT(loads, SizeIs(1));
  EXPECT_FALSE(deliveries.idle());
  EXPECT_THAT(local, SizeIs(0));
  Live made;
  made.id = 7;
  made.recipients.push_back({70, "joe@example.org"});
  loads[0].second(live.add(std::move(made)));
  EXPECT_THAT(local, SizeIs(1));
}

TEST_F(DeliveriesTest, WhoeverReadsIsToldWhatComesNext) {
  scheduler.set_limits({.local = 1});
  for (const MessageId id : {7, 8, 9}) add(id, "s@x", Channel::Local, {"joe@example.org"});
  held.clear();
  deliveries.start();
  ASSERT_THAT(loads, SizeIs(1));
  EXPECT_EQ(loads[0].first, 7);
  EXPECT_THAT(next, ElementsAre(8, 9));
}

TEST_F(DeliveriesTest, AMessageThatCannotBeReadWaits) {
  add(7, "s@x", Channel::Local, {"joe@example.org"});
  held.clear();
  deliveries.start();
  loads[0].second(Error::later("disk"));
  EXPECT_TRUE(deliveries.idle());
  EXPECT_EQ(scheduler.next_time(), now + 123);
  EXPECT_EQ(scheduler.active(Channel::Local), 0U);
}

TEST_F(DeliveriesTest, AMessageThatIsGoneNeedsNothing) {
  add(7, "s@x", Channel::Local, {"joe@example.org"});
  held.clear();
  deliveries.start();
  loads[0].second(LivePtr{});
  EXPECT_TRUE(deliveries.idle());
  EXPECT_EQ(scheduler.waiting(), 0U);
  EXPECT_EQ(scheduler.active(Channel::Local), 0U);
}

TEST_F(DeliveriesTest, DrainingBeginsNothingNew) {
  add(7, "s@x", Channel::Local, {"joe@example.org"});
  deliveries.start();
  add(8, "s@x", Channel::Local, {"ann@example.org"});
  deliveries.drain();
  deliveries.start();
  EXPECT_THAT(local, SizeIs(1));
  EXPECT_FALSE(deliveries.idle());
  answer(1, wire::Verdict::Done, "");
  EXPECT_TRUE(deliveries.idle());
  log.flush();
  EXPECT_THAT(logged, HasSubstr("status: local 1/5 remote 0/5 exitasap\n"));
}

}  // namespace
}  // namespace lbx::queue
