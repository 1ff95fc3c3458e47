// SPDX-License-Identifier: MIT
#include "queue/recorder.h"

#include <gmock/gmock.h>

#include "support/queue_works.h"

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RecorderTest : public testing_support::QueueWorks {
 protected:
  Finished finished(const Submitted& message, std::size_t index, State state,
                    const std::string& report = {}) const {
    const std::int64_t due = state == State::Waiting ? now() + 400 : 0;
    return {{message.recipients.at(index), state, due, now(), {}},
            report,
            nullptr,
            message.message,
            false};
  }
  void record(Finished result) {
    recorder.add(std::move(result));
    recorder.flush();
    settle();
  }
  Recipient kept(const Submitted& message, std::size_t index) {
    return store.message(message.message, false).value()->recipients.at(index);
  }
};

TEST_F(RecorderTest, ManyResultsAreOneTransactionThatNeedsNoFlush) {
  const Submitted message = stored(mail({"done", "failed", "later"}));
  recorder.add(finished(message, 0, State::Done));
  recorder.add(finished(message, 1, State::Failed, "no such mailbox\n"));
  recorder.add(finished(message, 2, State::Waiting, "not now\n"));
  EXPECT_FALSE(recorder.idle());
  recorder.flush();
  settle();
  EXPECT_TRUE(recorder.idle());
  EXPECT_THAT(store.commits, ElementsAre(Durability::Soon));
  EXPECT_EQ(kept(message, 0).state, State::Done);
  EXPECT_EQ(kept(message, 1).state, State::Failed);
  EXPECT_EQ(kept(message, 1).report, "no such mailbox\n");
  EXPECT_EQ(kept(message, 2).state, State::Waiting);
  EXPECT_EQ(kept(message, 2).due, now() + 400);
}

TEST_F(RecorderTest, NothingIsWrittenWithoutResults) {
  recorder.flush();
  settle();
  EXPECT_THAT(store.commits, IsEmpty());
}

TEST_F(RecorderTest, AMessageEndsWithItsLastRecipient) {
  const Submitted message = stored(mail({"joe", "ann"}));
  record(finished(message, 0, State::Done));
  EXPECT_EQ(messages(), 1U);
  Finished last = finished(message, 1, State::Done);
  last.last = true;
  record(std::move(last));
  EXPECT_EQ(messages(), 0U);
  log.flush();
  EXPECT_EQ(logged, "end msg 1\n");
}

TEST_F(RecorderTest, AMessageThatOnlySeemedToEndStays) {
  const Submitted message = stored(mail({"joe", "ann"}));
  Finished wrong = finished(message, 0, State::Done);
  wrong.last = true;
  record(std::move(wrong));
  EXPECT_EQ(messages(), 1U);
  EXPECT_EQ(state_of(message.message, 1), State::Waiting);
  log.flush();
  EXPECT_EQ(logged, "");
}

TEST_F(RecorderTest, WhatTheStoreDoesNotTakeIsKeptAndNothingMoreIsBegun) {
  const Submitted message = stored(mail({"joe", "ann"}));
  store.failing_commits = 1;
  record(finished(message, 0, State::Done));
  EXPECT_TRUE(recorder.stuck());
  EXPECT_FALSE(recorder.idle());
  EXPECT_EQ(state_of(message.message, 0), State::Waiting);
  recorder.add(finished(message, 1, State::Done));
  recorder.flush();  // not before its time
  settle();
  EXPECT_THAT(store.commits, IsEmpty());
  log.flush();
  EXPECT_THAT(logged, HasSubstr("warning: trouble marking recipients, will try later: "));
}

TEST_F(RecorderTest, AFileOfAnEndedMessageIsNotRemovedAtOnce) {
  // A power cut could bring the message back.
  UniqueFd file = spool.create("Received: by us\n").value();
  const SpoolArea::Adopted adopted = spool.adopt(std::move(file), "Received: by us\n").value();
  recorder.condemn(adopted.name);
  settle();
  EXPECT_THAT(scratch.names("spool"), ElementsAre(adopted.name));
}

TEST_F(RecorderTest, NotesOfADeliveryGoWhenItsResultIsOnTheDisk) {
  const Submitted message = stored(mail({"joe", "ann"}));
  Finished noted = finished(message, 0, State::Done);
  noted.notes.emplace().attempt = "store.1.1";
  record(std::move(noted));
  EXPECT_THAT(forgotten, IsEmpty());
  EXPECT_FALSE(recorder.tidy());
  settle();
  EXPECT_TRUE(recorder.tidy());
  EXPECT_THAT(store.commits, ElementsAre(Durability::Soon, Durability::Now));
  ASSERT_EQ(forgotten.size(), 1U);
  EXPECT_EQ(forgotten[0].attempt, "store.1.1");
}

TEST_F(RecorderTest, ManyNotesDoNotWaitForCompany) {
  const Submitted message = stored(mail({"joe", "ann"}));
  for (std::size_t i = 0; i < Recorder::kMaxNoted; ++i) {
    Finished noted = finished(message, 0, State::Done);
    noted.notes.emplace();
    recorder.add(std::move(noted));
  }
  recorder.flush();
  settle();
  EXPECT_EQ(forgotten.size(), Recorder::kMaxNoted);
}

}  // namespace
}  // namespace lbx::queue
