// SPDX-License-Identifier: MIT
#include "queue/scheduler.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kNow = 1'000'000;

Waiting waiting(RecipientId recipient, Channel channel, std::string_view destination,
                std::int64_t due = kNow, MessageId message = 0) {
  return {recipient, message == 0 ? recipient : message, channel, kNow, due, 0, destination};
}

std::vector<RecipientId> recipients(const std::optional<Slot>& slot) {
  std::vector<RecipientId> out;
  if (slot) {
    for (const Turn& each : slot->turns) out.push_back(each.recipient);
  }
  return out;
}

TEST(SchedulerTest, AChannelHasNoMoreSlotsThanItsLimit) {
  Scheduler scheduler{{.local = 2, .remote = 0}};
  for (RecipientId i = 1; i <= 3; ++i) {
    scheduler.add(waiting(i, Channel::Local, std::to_string(i)), kNow);
  }
  scheduler.add(waiting(9, Channel::Remote, "far"), kNow);
  const std::optional<Slot> first = scheduler.next(kNow);
  ASSERT_TRUE(first);
  ASSERT_TRUE(scheduler.next(kNow));
  EXPECT_FALSE(scheduler.next(kNow));
  EXPECT_EQ(scheduler.active(Channel::Local), 2U);
  scheduler.ended(*first, Scheduler::Ending::Done, kNow);
  EXPECT_THAT(recipients(scheduler.next(kNow)), ElementsAre(3));
  EXPECT_EQ(scheduler.waiting(), 1U);
}

TEST(SchedulerTest, KnowsWhatIsDueAndHasNoSlot) {
  Scheduler scheduler{{.local = 1}};
  for (RecipientId i = 1; i <= 4; ++i) scheduler.add(waiting(i, Channel::Local, "joe"), kNow);
  scheduler.add(waiting(5, Channel::Local, "joe", kNow + 1), kNow);
  scheduler.add(waiting(6, Channel::Remote, "far"), kNow);
  EXPECT_EQ(scheduler.due(Channel::Local), 4U) << "not what comes later, or goes elsewhere";
  const std::optional<Slot> slot = scheduler.next(kNow);
  EXPECT_EQ(scheduler.due(Channel::Local), 3U);
  scheduler.give_back(*slot, 0);
  EXPECT_EQ(scheduler.due(Channel::Local), 4U);
  EXPECT_EQ(scheduler.remove([](RecipientId each) { return each == 2 || each == 5; }), 2U);
  EXPECT_EQ(scheduler.due(Channel::Local), 3U);
  EXPECT_EQ(scheduler.due(Channel::Remote), 1U);
}

TEST(SchedulerTest, NamesTheMessagesThatComeNext) {
  Scheduler scheduler{{}};
  for (const MessageId message : {7, 7, 8, 8, 9, 10}) {
    scheduler.add(waiting(static_cast<RecipientId>(scheduler.waiting()) + 1, Channel::Local, "joe",
                          kNow, message),
                  kNow);
  }
  scheduler.add(waiting(20, Channel::Local, "ann", kNow, 11), kNow);
  const std::optional<Slot> slot = scheduler.next(kNow);
  ASSERT_TRUE(slot);
  EXPECT_THAT(scheduler.upcoming(*slot, 9), ElementsAre(8, 9, 10));
  EXPECT_THAT(scheduler.upcoming(*slot, 2), ElementsAre(8, 9));
  EXPECT_EQ(scheduler.waiting(), 6U) << "they still wait";
}

TEST(SchedulerTest, WhatIsReleasedHasNoSlotAndMayStillComeBack) {
  Scheduler scheduler{{.local = 1}};
  scheduler.add(waiting(1, Channel::Local, "joe"), kNow);
  const std::optional<Slot> slot = scheduler.next(kNow);
  ASSERT_TRUE(slot);
  scheduler.release(*slot, kNow);
  EXPECT_EQ(scheduler.active(Channel::Local), 0U);
  scheduler.add(waiting(2, Channel::Local, "ann"), kNow);
  EXPECT_THAT(recipients(scheduler.next(kNow)), ElementsAre(2)) << "joe is still joe";
  scheduler.put_back(*slot, slot->turns.front(), kNow + 5);
  scheduler.settled(*slot);
  EXPECT_EQ(scheduler.next_time(), kNow + 5);
  EXPECT_EQ(scheduler.waiting(), 1U);
}

TEST(SchedulerTest, WhatIsNotDueWaitsForItsTime) {
  Scheduler scheduler{{}};
  scheduler.add(waiting(1, Channel::Local, "joe", kNow + 20), kNow);
  scheduler.add(waiting(2, Channel::Local, "joe", kNow + 10), kNow);
  EXPECT_FALSE(scheduler.next(kNow + 9));
  EXPECT_EQ(scheduler.next_time(), kNow + 10);
  EXPECT_THAT(recipients(scheduler.next(kNow + 10)), ElementsAre(2));
  EXPECT_EQ(scheduler.next_time(), kNow + 20);
  scheduler.all_due(kNow + 11);
  EXPECT_THAT(recipients(scheduler.next(kNow + 11)), ElementsAre(1));
  EXPECT_FALSE(scheduler.next_time());
}

TEST(SchedulerTest, DestinationsTakeTurnsAndOneOfThemKeepsItsOrder) {
  Scheduler scheduler{{.local = 100}};
  for (RecipientId i = 1; i <= 3; ++i) scheduler.add(waiting(i, Channel::Local, "joe"), kNow);
  for (RecipientId i = 11; i <= 12; ++i) scheduler.add(waiting(i, Channel::Local, "ann"), kNow);
  std::vector<RecipientId> order;
  while (const std::optional<Slot> slot = scheduler.next(kNow)) {
    order.push_back(slot->turns.front().recipient);
  }
  EXPECT_THAT(order, ElementsAre(1, 11, 2, 12, 3));
}

TEST(SchedulerTest, RecipientsOfOneMessageGoTogetherToARemoteDestination) {
  Scheduler scheduler{{.together = 3}};
  for (RecipientId i = 1; i <= 4; ++i) {
    scheduler.add(waiting(i, Channel::Remote, "far", kNow, 7), kNow);
  }
  scheduler.add(waiting(5, Channel::Remote, "far", kNow, 8), kNow);
  EXPECT_THAT(recipients(scheduler.next(kNow)), ElementsAre(1, 2, 3));
  EXPECT_THAT(recipients(scheduler.next(kNow)), ElementsAre(4));
  EXPECT_THAT(recipients(scheduler.next(kNow)), ElementsAre(5));
}

TEST(SchedulerTest, WhatIsGivenBackIsTheNext) {
  Scheduler scheduler{{}};
  for (RecipientId i = 1; i <= 3; ++i) {
    scheduler.add(waiting(i, Channel::Remote, "far", kNow, 7), kNow);
  }
  const std::optional<Slot> slot = scheduler.next(kNow);
  ASSERT_TRUE(slot);
  scheduler.give_back(*slot, 1);
  EXPECT_EQ(scheduler.waiting(), 2U);
  EXPECT_THAT(recipients(scheduler.next(kNow)), ElementsAre(2, 3));
}

TEST(SchedulerTest, OneDestinationNeverHasAllSlots) {
  Scheduler scheduler{{.local = 10}};
  for (RecipientId i = 1; i <= 1000; ++i) scheduler.add(waiting(i, Channel::Local, "slow"), kNow);
  std::vector<Slot> slots;
  const auto take_all = [&] {
    while (std::optional<Slot> slot = scheduler.next(kNow)) slots.push_back(*std::move(slot));
  };
  for (int round = 0; round < 20; ++round) {
    take_all();
    ASSERT_LE(slots.size(), 8U);
    for (const Slot& each : slots) scheduler.ended(each, Scheduler::Ending::Done, kNow);
    slots.clear();
  }
  take_all();
  EXPECT_EQ(slots.size(), 8U);
  scheduler.add(waiting(2000, Channel::Local, "joe"), kNow);
  EXPECT_THAT(recipients(scheduler.next(kNow)), ElementsAre(2000));
}

TEST(SchedulerTest, ADestinationThatRefusesGetsLessAndThenRests) {
  Scheduler scheduler{{.remote = 20, .patience = 3, .shortest_rest = 60, .longest_rest = 100}};
  for (RecipientId i = 1; i <= 100; ++i) scheduler.add(waiting(i, Channel::Remote, "dead"), kNow);
  for (int i = 0; i < 3; ++i) {
    const std::optional<Slot> slot = scheduler.next(kNow);
    ASSERT_TRUE(slot) << i;
    scheduler.ended(*slot, Scheduler::Ending::Refused, kNow);
  }
  EXPECT_FALSE(scheduler.next(kNow));
  EXPECT_TRUE(scheduler.resting(Channel::Remote, "dead", kNow));
  EXPECT_EQ(scheduler.next_time(), kNow + 60);
  const std::optional<Slot> probe = scheduler.next(kNow + 60);
  ASSERT_TRUE(probe);
  EXPECT_FALSE(scheduler.next(kNow + 60)) << "one at first";
  scheduler.ended(*probe, Scheduler::Ending::Refused, kNow + 60);
  EXPECT_FALSE(scheduler.next(kNow + 159));
  EXPECT_EQ(scheduler.next_time(), kNow + 160) << "twice as long, but not beyond the longest";
  const std::optional<Slot> answered = scheduler.next(kNow + 160);
  ASSERT_TRUE(answered);
  scheduler.ended(*answered, Scheduler::Ending::Done, kNow + 160);
  EXPECT_TRUE(scheduler.next(kNow + 160));
  EXPECT_TRUE(scheduler.next(kNow + 160)) << "it grows with success";
}

TEST(SchedulerTest, WhatIsTooOldNeedNotAskADestinationThatRests) {
  Scheduler scheduler{{.patience = 1}};
  for (RecipientId i = 1; i <= 4; ++i) {
    Waiting each = waiting(i, Channel::Remote, "dead");
    each.born = i % 2 == 0 ? kNow - 1000 : kNow;
    scheduler.add(each, kNow);
  }
  const std::optional<Slot> probe = scheduler.next(kNow);
  ASSERT_TRUE(probe);
  EXPECT_THAT(scheduler.take_hopeless(*probe, kNow - 500, 10, kNow), IsEmpty()) << "not resting";
  scheduler.ended(*probe, Scheduler::Ending::Refused, kNow);
  const std::size_t due = scheduler.due(Channel::Remote);
  const std::vector<Turn> taken = scheduler.take_hopeless(*probe, kNow - 500, 10, kNow);
  EXPECT_EQ(scheduler.due(Channel::Remote), due - taken.size());
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].recipient, 2);
  EXPECT_EQ(taken[1].recipient, 4);
  EXPECT_THAT(recipients(scheduler.next(kNow + 3600)), ElementsAre(3));
}

TEST(SchedulerTest, AllDueEndsEveryRest) {
  Scheduler scheduler{{.patience = 1}};
  scheduler.add(waiting(1, Channel::Remote, "dead"), kNow);
  scheduler.add(waiting(2, Channel::Remote, "dead"), kNow);
  scheduler.ended(*scheduler.next(kNow), Scheduler::Ending::Refused, kNow);
  EXPECT_FALSE(scheduler.next(kNow));
  scheduler.all_due(kNow);
  EXPECT_THAT(recipients(scheduler.next(kNow)), ElementsAre(2));
}

TEST(SchedulerTest, WhatIsRemovedIsNotGivenOut) {
  Scheduler scheduler{{.local = 100}};
  for (RecipientId i = 1; i <= 6; ++i) {
    scheduler.add(waiting(i, Channel::Local, "joe", i <= 3 ? kNow : kNow + i), kNow);
  }
  EXPECT_EQ(scheduler.remove([](RecipientId id) { return id == 2 || id == 4; }), 2U);
  std::vector<RecipientId> order;
  while (const std::optional<Slot> slot = scheduler.next(kNow + 100)) {
    order.push_back(slot->turns.front().recipient);
  }
  EXPECT_THAT(order, ElementsAre(1, 3, 5, 6));
}

TEST(SchedulerTest, LimitsThatChangeHoldAtOnce) {
  Scheduler scheduler{{.local = 0}};
  for (RecipientId i = 1; i <= 6; ++i) scheduler.add(waiting(i, Channel::Local, "joe"), kNow);
  EXPECT_FALSE(scheduler.next(kNow));
  scheduler.set_limits({.local = 2});
  EXPECT_TRUE(scheduler.next(kNow));
}

// Any mixture of what may happen: nothing is lost, nothing comes twice, no limit is exceeded.
TEST(SchedulerTest, NothingIsLostOrDoubledWhateverHappens) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random{seed};
    const auto one_of = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    Scheduler scheduler{{.local = 7, .remote = 9, .together = 4, .patience = 3}};
    std::multiset<RecipientId> inside;
    std::vector<Slot> active;
    std::int64_t now = kNow;
    RecipientId next_id = 1;
    for (int step = 0; step < 5000; ++step) {
      const std::uint32_t choice = one_of(10);
      if (choice < 4) {
        const Channel channel = one_of(2) == 0 ? Channel::Local : Channel::Remote;
        const std::string name = "d" + std::to_string(one_of(6));
        scheduler.add(waiting(next_id, channel, name, now + one_of(3) * 50, next_id / 3), now);
        inside.insert(next_id++);
      } else if (choice < 7) {
        if (std::optional<Slot> slot = scheduler.next(now)) {
          for (const Turn& each : slot->turns) {
            ASSERT_EQ(inside.erase(each.recipient), 1U);
            ASSERT_EQ(each.message, slot->turns.front().message);
          }
          if (slot->turns.size() > 1 && one_of(4) == 0) {
            for (std::size_t i = 1; i < slot->turns.size(); ++i) {
              inside.insert(slot->turns[i].recipient);
            }
            scheduler.give_back(*slot, 1);
            slot->turns.resize(1);
          }
          active.push_back(*std::move(slot));
          ASSERT_LE(scheduler.active(Channel::Local), 7U);
          ASSERT_LE(scheduler.active(Channel::Remote), 9U);
        }
      } else if (choice < 9 && !active.empty()) {
        const std::size_t which = one_of(static_cast<std::uint32_t>(active.size()));
        const auto ending = static_cast<Scheduler::Ending>(one_of(3));
        const Slot slot = active[which];
        active.erase(active.begin() + static_cast<std::ptrdiff_t>(which));
        scheduler.ended(slot, ending, now);
      } else if (one_of(50) == 0) {
        const RecipientId modulus = 2 + one_of(5);
        const auto chosen = [&](RecipientId id) { return id % modulus == 0; };
        scheduler.remove(chosen);
        std::erase_if(inside, chosen);
      }
      now += one_of(20);
      ASSERT_EQ(scheduler.waiting(), inside.size());
    }
    // In the end all come, whatever rests.
    for (int turn = 0; turn < 100'000 && scheduler.waiting() > 0; ++turn) {
      for (const Slot& each : active) scheduler.ended(each, Scheduler::Ending::Done, now);
      active.clear();
      while (std::optional<Slot> slot = scheduler.next(now)) {
        for (const Turn& each : slot->turns) ASSERT_EQ(inside.erase(each.recipient), 1U);
        active.push_back(*std::move(slot));
      }
      now = std::max(now + 1, scheduler.next_time().value_or(0));
    }
    ASSERT_THAT(inside, IsEmpty()) << "seed " << seed;
  }
}

// Each recipient's wait is bounded by what was there before it, not by what comes after.
TEST(SchedulerTest, NobodyStarvesUnderAStreamOfOthers) {
  Scheduler scheduler{{.local = 1}};
  RecipientId id = 1;
  for (; id <= 10; ++id) scheduler.add(waiting(id, Channel::Local, "busy"), kNow);
  scheduler.add(waiting(5000, Channel::Local, "joe"), kNow);
  int turns = 0;
  for (bool met = false; !met; ++turns) {
    ASSERT_LT(turns, 5);
    const std::optional<Slot> slot = scheduler.next(kNow);
    ASSERT_TRUE(slot);
    met = slot->turns.front().recipient == 5000;
    for (int i = 0; i < 10; ++i) scheduler.add(waiting(++id, Channel::Local, "busy"), kNow);
    scheduler.ended(*slot, Scheduler::Ending::Done, kNow);
  }
}

TEST(SchedulerTest, AHundredThousandForADeadDestinationSlowNobodyElse) {
  Scheduler scheduler{{}};
  for (RecipientId i = 1; i <= 100'000; ++i) {
    scheduler.add(waiting(i, Channel::Remote, "dead"), kNow);
  }
  // It takes all it gets and never answers.
  while (scheduler.next(kNow)) {
  }
  scheduler.add(waiting(200'001, Channel::Local, "joe"), kNow);
  scheduler.add(waiting(200'002, Channel::Remote, "alive"), kNow);
  std::set<RecipientId> got;
  for (int i = 0; i < 2; ++i) {
    const std::optional<Slot> slot = scheduler.next(kNow);
    ASSERT_TRUE(slot);
    got.insert(slot->turns.front().recipient);
  }
  EXPECT_THAT(got, ElementsAre(200'001, 200'002));
}

}  // namespace
}  // namespace lbx::queue
