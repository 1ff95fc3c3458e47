// SPDX-License-Identifier: MIT
#include "queue/loader.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "support/queue_works.h"

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LoaderTest : public testing_support::QueueWorks {
 protected:
  LoaderTest() { live = LiveMessages{{.messages = 2 * Loader::kAhead}}; }

  std::vector<MessageId> stored_messages(std::size_t count, std::size_t octets = 10) {
    std::vector<MessageId> ids;
    for (std::size_t i = 0; i < count; ++i) {
      ids.push_back(stored(mail({"joe"}, std::string(octets, 'a'))).message);
    }
    return ids;
  }
  void load(MessageId message, const std::vector<MessageId>& next = {}) {
    loader.load(message, next, [this, message](const Result<LivePtr>& got) {
      if (!got) {
        told.push_back(std::to_string(message) + '!');
      } else {
        told.push_back(std::to_string(message) + (*got ? "" : " gone"));
        taken.push_back(*got);
      }
    });
  }
  std::vector<MessageId> live_ones(const std::vector<MessageId>& of) {
    std::vector<MessageId> found;
    for (const MessageId each : of) {
      if (live.find(each)) found.push_back(each);
    }
    return found;
  }

  Loader loader{system.clock, *loop, *committer, spool, live, log, recorder};
  std::vector<std::string> told;
  std::vector<LivePtr> taken;
};

TEST_F(LoaderTest, AMessageComesAsItWaits) {
  const Submitted message = stored(mail({"joe", "ann", "bob"}));
  recorder.add({{message.recipients[1], State::Done, 0, now(), {}}, {}, nullptr, message.message});
  load(message.message);
  EXPECT_THAT(told, IsEmpty()) << "never from within";
  settle();
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0]->open, 2U) << "what is known here has been written before";
  EXPECT_EQ(*taken[0]->address_of(message.recipients[0]), "joe");
  EXPECT_EQ(taken[0]->address_of(message.recipients[1]), nullptr);
  EXPECT_EQ(live.find(message.message), taken[0]);
}

TEST_F(LoaderTest, WhatComesNextIsReadInTheSameTrip) {
  const std::vector<MessageId> ids = stored_messages(3);
  load(1, {2, 3});
  load(2, {3});
  load(1, {2, 3});
  settle();
  EXPECT_THAT(told, ElementsAre("1", "1", "2"));
  EXPECT_THAT(store.commits, SizeIs(1));
  taken.clear();
  EXPECT_THAT(live_ones(ids), ElementsAre(1, 2, 3)) << "until their turn";
}

TEST_F(LoaderTest, WhatIsLiveIsNotReadAgain) {
  stored_messages(2);
  load(2);
  settle();
  load(1, {2});
  settle();
  EXPECT_EQ(live.find(2), taken[0]);
}

TEST_F(LoaderTest, SoManyAreReadAheadAtMost) {
  const std::vector<MessageId> ids = stored_messages(Loader::kAhead + 10);
  load(ids.front(), {ids.begin() + 1, ids.end()});
  settle();
  taken.clear();
  EXPECT_THAT(live_ones(ids), SizeIs(Loader::kAhead + 1));
}

TEST_F(LoaderTest, WhatComesNextIsKeptRatherThanWhatComesLater) {
  live = LiveMessages{{.messages = 2}};
  const std::vector<MessageId> ids = stored_messages(3);
  load(3);
  settle();
  load(1, {2});
  settle();
  taken.clear();
  EXPECT_THAT(live_ones(ids), ElementsAre(1, 2));
}

TEST_F(LoaderTest, ATripEndsAfterSoManyOctets) {
  const std::vector<MessageId> ids = stored_messages(6, Loader::kAheadOctets / 2);
  load(1, {2, 3, 4, 5, 6});
  load(6);
  settle();
  EXPECT_THAT(told, ElementsAre("1", "6")) << "who waits for one of the rest gets it all the same";
  EXPECT_THAT(live_ones(ids), ElementsAre(1, 2, 6));
}

TEST_F(LoaderTest, WhatIsGoneIsSaidToBe) {
  load(77, {78});
  settle();
  EXPECT_THAT(told, ElementsAre("77 gone"));
}

TEST_F(LoaderTest, AMessageThatCannotBeReadIsNobodyElsesTrouble) {
  stored_messages(3);
  store.unreadable = {2};
  load(1, {2, 3});
  settle();
  EXPECT_THAT(told, ElementsAre("1"));
  load(2, {3});
  load(3);
  settle();
  EXPECT_THAT(told, ElementsAre("1", "2!", "3"));
  log.flush();
  EXPECT_EQ(logged, "warning: unable to read message 2, will try later: a damaged page\n");
}

TEST_F(LoaderTest, ATransactionWithAnErrorOfWhatIsReadAheadIsUndone) {
  stored_messages(2);
  store.unreadable = {2};
  int runs = 0;
  close_gate();
  Committer::Operation other;
  other.run = [&runs](QueueStore&) {
    ++runs;
    return Result<void>{};
  };
  ASSERT_TRUE(committer->post(std::move(other)));
  load(1, {2});
  open_gate();
  settle();
  EXPECT_EQ(runs, 2) << "the store may have lost what it did before";
  EXPECT_THAT(told, ElementsAre("1"));
}

}  // namespace
}  // namespace lbx::queue
