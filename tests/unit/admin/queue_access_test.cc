// SPDX-License-Identifier: MIT
#include "admin/queue_access.h"

#include <gmock/gmock.h>

#include "queue/store/places.h"
#include "queue/store/sqlite_store.h"
#include "support/memory_store.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::admin {
namespace {

using queue::Change;
using queue::MessageId;
using queue::State;
using testing::ElementsAre;

queue::NewMessage mail(const std::string& sender, int recipients) {
  queue::NewMessage out;
  out.envelope.sender = sender;
  out.envelope.born = 1'000;
  out.envelope.size = 2;
  out.body = queue::InlineBody{"x\n"};
  for (int i = 0; i < recipients; ++i) {
    queue::NewRecipient recipient;
    recipient.address = std::to_string(i) + "@example.org";
    out.recipients.push_back(recipient);
  }
  return out;
}

std::vector<MessageId> chosen(queue::QueueStore& store, const QueueSelection& selection,
                              std::vector<MessageId>& missing) {
  std::vector<MessageId> out;
  const auto found =
      for_each_chosen(store, selection, 2'000, [&out](const queue::Message& message) {
        out.push_back(message.id);
        return Result<void>{};
      });
  EXPECT_TRUE(found);
  missing = *found;
  return out;
}

TEST(QueueAccessTest, GivesWhatIsChosenOfManyAndNamesWhatThereIsNot) {
  testing_support::MemoryStore store;
  ASSERT_TRUE(store.begin(queue::Durability::Now));
  for (int i = 0; i < 250; ++i) ASSERT_TRUE(store.submit(mail(i % 2 == 0 ? "a@b" : "c@d", 1)));
  ASSERT_TRUE(store.commit());
  std::vector<MessageId> missing;
  EXPECT_EQ(chosen(store, {}, missing).size(), 250U);
  EXPECT_EQ(chosen(store, {.sender = "a@*"}, missing).size(), 125U);
  EXPECT_TRUE(missing.empty());
  EXPECT_THAT(chosen(store, {.messages = {7, 999, 2}, .sender = "a@b"}, missing), ElementsAre(7));
  EXPECT_THAT(missing, ElementsAre(999));
}

class ChangeQueueTest : public testing::Test {
 protected:
  ChangeQueueTest() {
    home.make_directory("queue/store");
    const auto store = open();
    EXPECT_TRUE(store->begin(queue::Durability::Now));
    first = store->submit(mail("a@b", 2)).value();
    second = store->submit(mail("c@d", 1)).value();
    EXPECT_TRUE(store->commit());
  }
  std::unique_ptr<queue::SqliteStore> open() {
    return queue::SqliteStore::open(world.system, queue::store_of(home.path()), {}).value();
  }
  std::uint64_t change(Change change, const ChosenRecipients& which) {
    const Result<std::uint64_t> done =
        change_queue(world.system, home.path(), change, "why", which);
    EXPECT_TRUE(done) << done.error().what;
    return done ? *done : 0;
  }

  testing_support::ScratchDirectory home;
  testing_support::TestSystem world;
  queue::Submitted first;
  queue::Submitted second;
};

TEST_F(ChangeQueueTest, WithoutADaemonTheStoreIsChanged) {
  const ChosenRecipients all{2, {first.recipients[0], second.recipients[0]}, {}};
  EXPECT_EQ(change(Change::Hold, all), 2U);
  EXPECT_EQ(change(Change::Hold, all), 0U) << "held already";
  EXPECT_EQ(change(Change::Release, {1, {first.recipients[0]}, {}}), 1U);
  const auto message = open()->message(second.message, false);
  EXPECT_EQ((*message)->recipients[0].state, State::Held);
}

TEST_F(ChangeQueueTest, AMessageThatIsFinishedByItIsGone) {
  EXPECT_EQ(change(Change::Delete, {1, {second.recipients[0]}, {second.message}}), 1U);
  EXPECT_FALSE(*open()->message(second.message, false));
  EXPECT_EQ(change(Change::Delete, {1, {first.recipients[0]}, {first.message}}), 1U);
  EXPECT_TRUE(*open()->message(first.message, false));
}

TEST_F(ChangeQueueTest, WhoIsGivenUpHasTheAdministratorsReport) {
  EXPECT_EQ(change(Change::Fail, {1, {second.recipients[0]}, {second.message}}), 1U);
  const auto message = open()->message(second.message, false);
  ASSERT_TRUE(*message);
  EXPECT_EQ((*message)->recipients[0].state, State::Failed);
  EXPECT_EQ((*message)->recipients[0].report, "why");
}

TEST(QueueChangesTest, EachAppliesToWhatItChanges) {
  for (const Change each :
       {Change::Retry, Change::Hold, Change::Release, Change::Delete, Change::Fail}) {
    for (const State state : {State::Waiting, State::Held, State::Failed, State::Done}) {
      testing_support::MemoryStore store;
      ASSERT_TRUE(store.begin(queue::Durability::Now));
      const queue::RecipientId id = store.submit(mail("a@b", 1)).value().recipients[0];
      if (state == State::Held) {
        ASSERT_TRUE(store.change({&id, 1}, Change::Hold, 1, ""));
      } else {
        const queue::Outcome outcome{id, state, 1, 1, ""};
        ASSERT_TRUE(store.record({&outcome, 1}));
      }
      EXPECT_EQ(*store.change({&id, 1}, each, 1, "") == 1, applies(each, state))
          << word_of(each) << ' ' << word_of(state);
    }
  }
}

TEST(QueueCountersTest, WhereNobodyIsBehindTheDoorThereAreNone) {
  const testing_support::ScratchDirectory home;
  const Result<Counters> none = read_queue_counters(home.path());
  ASSERT_TRUE(none) << none.error().what;
  EXPECT_FALSE(*none);
}

}  // namespace
}  // namespace lbx::admin
