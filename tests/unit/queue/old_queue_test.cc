// SPDX-License-Identifier: MIT
#include "queue/old_queue.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>

#include "support/qmail_tree.h"

namespace lbx::queue {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::QmailTree;

const std::string kText =
    "Received: (qmail 4711 invoked by uid 501); 9 Sep 2001 01:46:40 -0000\n\nhello\n";

Result<OldQueue> open(const QmailTree& tree) {
  static PosixFileOps files;
  return OldQueue::open(files, tree.path());
}

void add_classified(const QmailTree& tree, std::uint64_t number) {
  tree.put("mess", number, kText, 999'999'990);
  tree.put("info", number, "Fs@x.example\0"s, 1'000'000'000);
  tree.put("local", number, "Tjoe@example.org\0Dann@example.org\0"s, 1'000'000'400);
  tree.put("remote", number, "Tx@far.example\0"s, 1'000'000'900);
}

TEST(OldQueueTest, AClassifiedMessageIsReadWithItsRecipientsAndTimes) {
  const QmailTree tree;
  add_classified(tree, 46);
  const Result<OldQueue> queue = open(tree);
  ASSERT_TRUE(queue) << queue.error().what;
  EXPECT_THAT(queue->numbers(), ElementsAre(46));
  const Result<OldMessage> message = queue->read(46);
  ASSERT_TRUE(message) << message.error().what;
  EXPECT_TRUE(message->classified);
  EXPECT_EQ(message->sender, "s@x.example");
  EXPECT_EQ(message->born, 1'000'000'000);
  EXPECT_EQ(message->written, 999'999'990);
  EXPECT_EQ(message->size, kText.size());
  EXPECT_EQ(message->uid, 501U);
  EXPECT_EQ(message->pid, 4711);
  EXPECT_THAT(message->recipients,
              ElementsAre(OldRecipient{Channel::Local, "joe@example.org", false},
                          OldRecipient{Channel::Local, "ann@example.org", true},
                          OldRecipient{Channel::Remote, "x@far.example", false}));
  EXPECT_EQ(message->due_local, 1'000'000'400);
  EXPECT_EQ(message->due_remote, 1'000'000'900);
  EXPECT_TRUE(message->failures.empty());
}

TEST(OldQueueTest, AMessageInTodoIsReadFromThereWhateverElseThereIs) {
  const QmailTree tree;
  add_classified(tree, 46);
  tree.put("todo", 46, "u7801\0p99\0Fa@b\0Tjoe@example.org\0Tx%y@z\0"s, 1'000'000'005);
  const Result<OldQueue> queue = open(tree);
  ASSERT_TRUE(queue);
  const Result<OldMessage> message = queue->read(46);
  ASSERT_TRUE(message) << message.error().what;
  EXPECT_FALSE(message->classified);
  EXPECT_EQ(message->sender, "a@b");
  EXPECT_EQ(message->uid, 7801U);
  EXPECT_EQ(message->pid, 99);
  EXPECT_EQ(message->born, 1'000'000'005);
  EXPECT_EQ(message->recipients.size(), 2U);
}

TEST(OldQueueTest, TheSplitIsFoundOutAndTodoMayBeSplitToo) {
  for (const std::uint64_t split : {1U, 7U}) {
    const QmailTree tree{split, true};
    add_classified(tree, 4600);
    tree.put("mess", 4601, kText);
    tree.put("todo", 4601, "u0\0p1\0F\0Tj@h\0"s);
    const Result<OldQueue> queue = open(tree);
    ASSERT_TRUE(queue) << queue.error().what;
    EXPECT_THAT(queue->numbers(), ElementsAre(4600, 4601));
    EXPECT_TRUE(queue->read(4600));
    EXPECT_TRUE(queue->read(4601));
  }
}

TEST(OldQueueTest, WhatWasNeverAcceptedIsNoMessage) {
  const QmailTree tree;
  tree.put("mess", 7, "half of a mess");
  tree.put("mess", 8, kText);
  tree.put("intd", 8, "u0\0p1\0F\0T"s);
  const Result<OldQueue> queue = open(tree);
  ASSERT_TRUE(queue);
  EXPECT_TRUE(queue->numbers().empty());
}

TEST(OldQueueTest, AMessageWithoutItsTextIsAnErrorOfItsOwn) {
  const QmailTree tree;
  tree.put("info", 46, "Fs@x\0"s);
  const Result<OldQueue> queue = open(tree);
  ASSERT_TRUE(queue);
  EXPECT_THAT(queue->numbers(), ElementsAre(46));
  const Result<OldMessage> message = queue->read(46);
  ASSERT_FALSE(message);
  EXPECT_THAT(message.error().what, HasSubstr("its text is missing"));
}

TEST(OldQueueTest, ARunningQmailSendIsNotDisturbed) {
  const QmailTree tree;
  const UniqueFd mutex{::open(tree.scratch().path("lock/sendmutex").c_str(), O_WRONLY | O_CLOEXEC)};
  ASSERT_EQ(::flock(mutex.get(), LOCK_EX | LOCK_NB), 0);
  const Result<OldQueue> queue = open(tree);
  ASSERT_FALSE(queue);
  EXPECT_THAT(queue.error().what, HasSubstr("stop it first"));
}

TEST(OldQueueTest, NoQmailSendCanBeStartedMeanwhile) {
  const QmailTree tree;
  const Result<OldQueue> queue = open(tree);
  ASSERT_TRUE(queue);
  const UniqueFd mutex{::open(tree.scratch().path("lock/sendmutex").c_str(), O_WRONLY | O_CLOEXEC)};
  EXPECT_NE(::flock(mutex.get(), LOCK_EX | LOCK_NB), 0);
}

TEST(OldQueueTest, AnyOtherDirectoryIsNoQueue) {
  const testing_support::ScratchDirectory scratch;
  PosixFileOps files;
  const Result<OldQueue> queue = OldQueue::open(files, scratch.path());
  ASSERT_FALSE(queue);
  EXPECT_THAT(queue.error().what, HasSubstr("is no queue"));
}

TEST(OldQueueTest, ARemovedMessageIsGoneWholly) {
  for (const bool classified : {true, false}) {
    const QmailTree tree;
    tree.put("mess", 46, kText);
    if (classified) {
      add_classified(tree, 46);
      tree.put("bounce", 46, "<a@b>:\nno\n\n");
    } else {
      tree.put("todo", 46, "u0\0p1\0F\0Tj@h\0"s);
      tree.put("intd", 46, "u0\0p1\0F\0Tj@h\0"s);
    }
    const Result<OldQueue> queue = open(tree);
    ASSERT_TRUE(queue);
    ASSERT_TRUE(queue->remove(46));
    for (const char* const each : {"mess", "info", "local", "remote", "todo", "intd", "bounce"}) {
      EXPECT_FALSE(tree.has(each, 46)) << each;
    }
    EXPECT_TRUE(queue->remove(46)) << "what is gone already is no error";
  }
}

TEST(OldQueueTest, FailuresAreReadWithTheirReports) {
  const QmailTree tree;
  add_classified(tree, 46);
  tree.put("bounce", 46,
           "<none@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
           "<x@far.example>:\n192.0.2.1 failed:\n550 no/\nGiving up.\n\n",
           1'000'000'777);
  const Result<OldQueue> queue = open(tree);
  ASSERT_TRUE(queue);
  const Result<OldMessage> message = queue->read(46);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->failed, 1'000'000'777);
  EXPECT_THAT(
      message->failures,
      ElementsAre(OldFailure{"none@example.org", "Sorry, no mailbox here by that name. (#5.1.1)"},
                  OldFailure{"x@far.example", "192.0.2.1 failed:\n550 no/\nGiving up."}));
}

TEST(OldFailuresTest, WhatBeginsWithNoAddressIsKeptAllTheSame) {
  EXPECT_THAT(parse_old_failures("lost\n\n<a@b>:\none\n\ntwo\n"),
              ElementsAre(OldFailure{"", "lost"}, OldFailure{"a@b", "one\ntwo"}));
  EXPECT_TRUE(parse_old_failures("").empty());
  EXPECT_TRUE(parse_old_failures("\n\n\n").empty());
  EXPECT_THAT(parse_old_failures("<a@b>:\n"), ElementsAre(OldFailure{"a@b", ""}));
}

TEST(OldEnvelopeTest, OneThatIsNotWholeIsRefused) {
  for (const std::string& each : {""s, "u0\0p1\0"s, "Fs\0Tj@h"s, "Fs\0Xj@h\0"s}) {
    EXPECT_FALSE(parse_old_envelope(each)) << each;
  }
  for (const std::string& each : {"T"s, "Tj@h"s, "\0"s, "Xj@h\0"s}) {
    EXPECT_FALSE(parse_old_recipients(each, Channel::Local)) << each;
  }
}

TEST(OldOriginTest, IsReadFromTheFirstLineAndNothingElseIsTaken) {
  const OldOrigin origin = parse_old_origin("Received: (qmail 12 invoked by uid 34); date");
  EXPECT_EQ(origin.pid, 12);
  EXPECT_EQ(origin.uid, 34U);
  const OldOrigin network = parse_old_origin("Received: (qmail 12 invoked from network); date");
  EXPECT_EQ(network.pid, 12);
  EXPECT_EQ(network.uid, 0U);
  for (const char* const each :
       {"", "Received: (qmail x invoked by uid y)", "Subject: 1",
        "Received: (qmail 99999999999999 invoked by uid 99999999999999)"}) {
    EXPECT_EQ(parse_old_origin(each).pid, 0) << each;
    EXPECT_EQ(parse_old_origin(each).uid, 0U) << each;
  }
}

}  // namespace
}  // namespace lbx::queue
