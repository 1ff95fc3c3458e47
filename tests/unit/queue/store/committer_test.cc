// SPDX-License-Identifier: MIT
#include "queue/store/committer.h"

#include <gmock/gmock.h>
#include <poll.h>

#include <future>
#include <string>
#include <vector>

#include "queue/store/sqlite_store.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

NewMessage mail() {
  NewMessage message;
  message.body = InlineBody{"a\n"};
  message.envelope.size = 2;
  message.recipients.emplace_back().address = "a@b";
  return message;
}

Result<void> add(QueueStore& store) {
  LBX_TRY(store.submit(mail()));
  return {};
}

class CommitterTest : public testing::Test {
 protected:
  void SetUp() override {
    auto store = SqliteStore::open(world_.system, scratch_.path(), {});
    ASSERT_TRUE(store) << store.error().what;
    store_ = std::move(store).value();
    begin({});
  }
  void begin(Committer::Limits limits) {
    committer_.reset();
    auto committer = Committer::start(*store_, limits);
    ASSERT_TRUE(committer) << committer.error().what;
    committer_ = std::move(committer).value();
  }
  /// Its end is told as "NAME", or "NAME!" with an error.
  Committer::Operation operation(const std::string& name,
                                 std::function<Result<void>(QueueStore&)> run = add,
                                 Durability durability = Durability::Now) {
    return {durability, {}, std::move(run), [this, name](const Result<void>& result) {
              told_.push_back(result ? name : name + '!');
            }};
  }
  void post(Committer::Operation operation) { ASSERT_TRUE(committer_->post(std::move(operation))); }
  /// Keeps the store's thread until open_.set_value(), so that what comes meanwhile is one group.
  void post_gate() {
    std::promise<void> entered;
    post(operation("gate", [this, &entered](QueueStore&) {
      entered.set_value();
      open_.get_future().wait();
      return Result<void>{};
    }));
    entered.get_future().wait();
  }

  ScratchDirectory scratch_;
  TestSystem world_;
  std::unique_ptr<SqliteStore> store_;
  std::vector<std::string> told_;
  std::promise<void> open_;
  std::unique_ptr<Committer> committer_;
};

TEST_F(CommitterTest, AllThatWaitIsOneTransactionInItsOrder) {
  post_gate();
  for (const char* name : {"1", "2", "3"}) post(operation(name));
  post(operation("4", add, Durability::Soon));
  open_.set_value();
  committer_->drain();
  EXPECT_THAT(told_, ElementsAre("gate", "1", "2", "3", "4"));
  EXPECT_EQ(committer_->counters().transactions, 2U);
  EXPECT_EQ(committer_->counters().flushes, 2U);
  EXPECT_EQ(committer_->counters().operations, 5U);
  committer_.reset();
  EXPECT_EQ(store_->totals()->messages, 4U);
}

TEST_F(CommitterTest, WhatIsSoonNeedsNoFlush) {
  post(operation("1", add, Durability::Soon));
  committer_->drain();
  EXPECT_THAT(told_, ElementsAre("1"));
  EXPECT_EQ(committer_->counters().transactions, 1U);
  EXPECT_EQ(committer_->counters().flushes, 0U);
}

TEST_F(CommitterTest, WhatIsSoonDoesNotWaitForEver) {
  post(operation("1", add, Durability::Soon));
  pollfd ready{committer_->ready_fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
  committer_->finish();
  EXPECT_THAT(told_, ElementsAre("1"));
  EXPECT_EQ(::poll(&ready, 1, 0), 0) << "nothing is left to tell";
}

TEST_F(CommitterTest, WhatIsSoonWaitsForTheNextOfAStream) {
  constexpr std::chrono::hours kLong{1};
  begin({.soon = std::chrono::milliseconds{0}, .soon_in_stream = kLong, .stream_gap = kLong});
  for (const char* name : {"1", "2"}) {
    post(operation(name));
    pollfd ready{committer_->ready_fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
    committer_->finish();
  }
  post(operation("3", add, Durability::Soon));
  pollfd ready{committer_->ready_fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 20), 0) << "it did not wait";
  post(operation("4"));
  committer_->drain();
  EXPECT_THAT(told_, ElementsAre("1", "2", "3", "4"));
  EXPECT_EQ(committer_->counters().transactions, 3U);
}

TEST_F(CommitterTest, WhatOnlyReadsWaitsForNoCompany) {
  constexpr std::chrono::hours kLong{1};
  begin({.soon = kLong, .soon_in_stream = kLong, .stream_gap = kLong});
  post(operation("1", add, Durability::Soon));
  Committer::Operation reads = operation("2", add, Durability::Soon);
  reads.at_once = true;
  post(std::move(reads));
  pollfd ready{committer_->ready_fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
  committer_->finish();
  EXPECT_THAT(told_, ElementsAre("1", "2"));
  post(operation("3", add, Durability::Soon));
  EXPECT_EQ(::poll(&ready, 1, 20), 0) << "the next one waits again";
  committer_->drain();
}

TEST_F(CommitterTest, OneThatFailsSpoilsNoOther) {
  post_gate();
  post(operation("1"));
  post(operation("2", [](QueueStore& store) -> Result<void> {
    LBX_TRY(store.submit(mail()));
    return Error::later("no");
  }));
  post(operation("3"));
  open_.set_value();
  committer_->drain();
  EXPECT_THAT(told_, ElementsAre("gate", "1", "2!", "3"));
  EXPECT_EQ(committer_->counters().failed, 1U);
  committer_.reset();
  EXPECT_EQ(store_->totals()->messages, 2U) << "what failed left nothing";
}

TEST_F(CommitterTest, ACommitThatFailsIsTriedWithEachAlone) {
  post_gate();
  post(operation("1"));
  post(operation("2", [](QueueStore& store) {
    store.roll_back();  // no transaction any more: commit() fails
    return Result<void>{};
  }));
  open_.set_value();
  committer_->drain();
  EXPECT_THAT(told_, ElementsAre("gate", "1", "2!"));
  committer_.reset();
  EXPECT_EQ(store_->totals()->messages, 1U);
}

TEST_F(CommitterTest, WhatNeedsPreparationIsOvertaken) {
  std::promise<void> prepared;
  Committer::Operation slow = operation("slow");
  slow.prepare = [&] {
    prepared.get_future().wait();
    return Result<void>{};
  };
  post(std::move(slow));
  post(operation("quick"));
  pollfd ready{committer_->ready_fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
  committer_->finish();
  EXPECT_THAT(told_, ElementsAre("quick"));
  prepared.set_value();
  committer_->drain();
  EXPECT_THAT(told_, ElementsAre("quick", "slow"));
}

TEST_F(CommitterTest, APreparationThatFailsEndsItsOperation) {
  Committer::Operation broken = operation("broken");
  broken.prepare = [] { return Result<void>{Error::later("no")}; };
  post(std::move(broken));
  committer_->drain();
  EXPECT_THAT(told_, ElementsAre("broken!"));
  committer_.reset();
  EXPECT_EQ(store_->totals()->messages, 0U);
}

TEST_F(CommitterTest, MoreThanTheLimitIsRefused) {
  begin({3, 10, std::chrono::milliseconds{5}});
  post_gate();
  post(operation("1"));
  post(operation("2"));
  EXPECT_FALSE(committer_->post(operation("3")));
  open_.set_value();
  committer_->drain();
  EXPECT_THAT(told_, ElementsAre("gate", "1", "2"));
  EXPECT_TRUE(committer_->post(operation("4")));
}

TEST_F(CommitterTest, AGroupHasALimit) {
  begin({100, 3, std::chrono::milliseconds{5}});
  post_gate();
  for (int i = 0; i < 7; ++i) post(operation("x"));
  open_.set_value();
  committer_->drain();
  EXPECT_GE(committer_->counters().transactions, 4U);
}

TEST_F(CommitterTest, TheEndLeavesNothingUndone) {
  post_gate();
  for (int i = 0; i < 5; ++i) post(operation("x", add, Durability::Soon));
  open_.set_value();
  committer_.reset();
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_EQ(store_->totals()->messages, 5U);
}

}  // namespace
}  // namespace lbx::queue
