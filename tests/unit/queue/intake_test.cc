// SPDX-License-Identifier: MIT
#include "queue/intake.h"

#include <gmock/gmock.h>

#include "core/message/spool.h"
#include "support/queue_works.h"

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kHead = "Received: by us\n";

class IntakeTest : public testing_support::QueueWorks {
 protected:
  static std::vector<Incoming> one(NewMessage message) {
    std::vector<Incoming> all;
    all.emplace_back().message = std::move(message);
    return all;
  }
  /// As it comes from a submitter who wrote the file of the queue.
  std::vector<Incoming> large(const std::string& octets) {
    std::vector<Incoming> all = one(mail({"joe"}));
    all.front().spool = spool.create(kHead).value();
    EXPECT_TRUE(write_all(system.files, all.front().spool.get(), octets));
    all.front().head = kHead;
    return all;
  }
  Intake::Done done() {
    return [this](const Result<std::vector<MessageId>>& ids) {
      answers.push_back(ids ? "taken" : ids.error().what);
      if (ids) taken.insert(taken.end(), ids->begin(), ids->end());
    };
  }
  std::string body_of(MessageId message) {
    const LivePtr found = live.find(message);
    if (!found || !rewind(found->body->get())) return "not live";
    return read_whole(system.files, found->body->get(), 1000, "body").value();
  }

  std::vector<std::string> answers;
  std::vector<MessageId> taken;
};

TEST_F(IntakeTest, SuccessIsToldOnlyAfterADurableCommit) {
  intake.post(one(mail({"joe"})), nullptr, done());
  EXPECT_FALSE(intake.idle());
  wait_for_the_store();
  EXPECT_THAT(store.commits, ElementsAre(Durability::Now));
  EXPECT_THAT(answers, IsEmpty());
  committer->finish();
  EXPECT_THAT(answers, ElementsAre("taken"));
  EXPECT_TRUE(intake.idle());
  EXPECT_EQ(intake.accepted(), 1U);
}

TEST_F(IntakeTest, WhatIsInIsScheduledAndAtHand) {
  intake.post(one(mail({"joe", "ann"}, "the octets")), nullptr, done());
  settle();
  EXPECT_EQ(scheduler.waiting(), 2U);
  EXPECT_EQ(body_of(taken.at(0)), "the octets");
  EXPECT_EQ(live.find(taken.at(0))->open, 2U);
  log.flush();
  EXPECT_THAT(logged, HasSubstr("new msg 1\ninfo msg 1: bytes 10 from <ann@example.org>"));
}

TEST_F(IntakeTest, WhatCannotBeCommittedIsRefusedAndLeavesNothing) {
  store.failing_commits = 1;
  intake.post(large("much\n"), nullptr, done());
  settle();
  EXPECT_THAT(answers, ElementsAre("the disk is full"));
  EXPECT_EQ(scheduler.waiting(), 0U);
  EXPECT_EQ(intake.accepted(), 0U);
  EXPECT_TRUE(intake.idle());
  EXPECT_THAT(scratch.names("spool"), IsEmpty());
}

TEST_F(IntakeTest, ALargeMessageIsAFileOfItsOwn) {
  intake.post(large("much\n"), nullptr, done());
  settle();
  ASSERT_THAT(answers, ElementsAre("taken"));
  const Message kept = *store.message(taken.at(0), true).value();
  EXPECT_EQ(kept.envelope.size, std::string{kHead}.size() + 5);
  EXPECT_THAT(scratch.names("spool"), ElementsAre(std::get<SpoolBody>(kept.body).name));
  EXPECT_EQ(body_of(taken.at(0)), std::string{kHead} + "much\n");
}

TEST_F(IntakeTest, AFileThatIsNoneOfOursIsRefused) {
  std::vector<Incoming> all = large("much\n");
  all.front().head = "Received: by others\n";
  intake.post(std::move(all), nullptr, done());
  settle();
  EXPECT_THAT(answers, ElementsAre(HasSubstr("does not begin")));
  EXPECT_EQ(messages(), 0U);
}

TEST_F(IntakeTest, AMessageWithoutRecipientsEndsAtOnce) {
  intake.post(one(mail({})), nullptr, done());
  settle();
  EXPECT_THAT(answers, ElementsAre("taken"));
  EXPECT_EQ(messages(), 0U);
  log.flush();
  EXPECT_THAT(logged, HasSubstr("end msg 1\n"));
}

TEST_F(IntakeTest, SeveralMessagesAndWhatGoesWithThemAreInOrNoneIs) {
  for (const bool fails : {true, false}) {
    std::vector<Incoming> all = one(mail({"joe"}));
    all.emplace_back().message = mail({"ann"});
    const auto also = [&](QueueStore&) {
      return fails ? Result<void>{Error::later("not that")} : Result<void>{};
    };
    intake.post(std::move(all), also, done());
    settle();
    EXPECT_EQ(messages(), fails ? 0U : 2U);
  }
  EXPECT_THAT(answers, ElementsAre("not that", "taken"));
  EXPECT_THAT(taken, SizeIs(2));
}

TEST_F(IntakeTest, WhatIsCarriedOutTwiceIsTakenOnce) {
  close_gate();
  intake.post(one(mail({"joe"})), nullptr, done());
  const auto bad = [](QueueStore&) -> Result<void> { return Error::later("not that"); };
  intake.post(one(mail({"ann"})), bad, done());  // spoils the transaction of both
  open_gate();
  settle();
  EXPECT_THAT(answers, ElementsAre("taken", "not that"));
  EXPECT_THAT(taken, SizeIs(1));
  EXPECT_EQ(messages(), 1U);
  EXPECT_EQ(scheduler.waiting(), 1U);
}

TEST_F(IntakeTest, WhatTheClockWouldPutOffIsDueNow) {
  NewMessage message = mail({"joe"});
  message.envelope.born = now() + 1000;  // the clock has been set back since
  intake.post(one(std::move(message)), nullptr, done());
  settle();
  EXPECT_TRUE(scheduler.next(now()));
}

}  // namespace
}  // namespace lbx::queue
