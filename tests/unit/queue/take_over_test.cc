// SPDX-License-Identifier: MIT
#include "queue/take_over.h"

#include <gmock/gmock.h>

#include "core/base/io.h"
#include "support/memory_store.h"
#include "support/qmail_tree.h"

namespace lbx::queue {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::MemoryStore;
using testing_support::QmailTree;

const std::string kText = "Received: (qmail 4711 invoked by uid 501); date\n\nhello\n";

class TakeOverTest : public testing::Test {
 protected:
  TakeOverTest() {
    routes.domains.locals = {"example.org"};
    routes.domains.virtual_domains =
        users::virtual_domain_map({"shop.example:joe-shop", ".wild.example:wild"});
    routes.domains.no_at_host = "host.example";
    routes.delimiters = "-";
  }

  Result<TakenOver> run(const TakeOverOptions& options = {}) {
    const OldQueue old = OldQueue::open(files, tree.path()).value();
    return take_over(
        old, store, routes,
        [this](int message, std::uint64_t) -> Result<Body> {
          return Body{InlineBody{LBX_TRY(read_whole(files, message, 1000, "message"))}};
        },
        options);
  }
  TakenOver take(const TakeOverOptions& options = {}) {
    Result<TakenOver> done = run(options);
    EXPECT_TRUE(done) << done.error().what;
    return done ? std::move(done).value() : TakenOver{};
  }
  std::vector<Message> queued() { return store.list(0, 1000).value(); }

  void add(std::uint64_t number, const std::string& local, const std::string& remote = "") {
    tree.put("mess", number, kText);
    tree.put("info", number, "Fs@x.example\0"s, 1'000'000'000);
    if (!local.empty()) tree.put("local", number, local, 1'000'000'400);
    if (!remote.empty()) tree.put("remote", number, remote, 1'000'000'900);
  }

  QmailTree tree;
  PosixFileOps files;
  MemoryStore store;
  Routes routes;
};

TEST_F(TakeOverTest, WhatWasDoneStaysDoneAndWhatWaitsKeepsItsTime) {
  add(46, "Tjoe@example.org\0Dann@example.org\0"s, "Tx@far.example\0"s);
  const TakenOver done = take();
  EXPECT_EQ(done.messages, 1U);
  EXPECT_EQ(done.recipients, 2U);
  EXPECT_EQ(done.failed, 0U);
  const std::vector<Message> all = queued();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].envelope.sender, "s@x.example");
  EXPECT_EQ(all[0].envelope.born, 1'000'000'000);
  EXPECT_EQ(all[0].envelope.size, kText.size());
  EXPECT_EQ(all[0].envelope.uid, 501U);
  EXPECT_EQ(all[0].envelope.pid, 4711);
  ASSERT_EQ(all[0].recipients.size(), 3U);
  EXPECT_EQ(all[0].recipients[0].state, State::Waiting);
  EXPECT_EQ(all[0].recipients[0].due, 1'000'000'400);
  EXPECT_EQ(all[0].recipients[1].state, State::Done);
  EXPECT_EQ(all[0].recipients[2].as.channel, Channel::Remote);
  EXPECT_EQ(all[0].recipients[2].due, 1'000'000'900);
  EXPECT_EQ(all[0].recipients[2].as.destination, "far.example");
  const auto whole = store.message(all[0].id, true);
  EXPECT_EQ(std::get<InlineBody>((**whole).body).octets, kText);
  EXPECT_THAT(store.commits, ElementsAre(Durability::Now));
}

TEST_F(TakeOverTest, ASecondRunAddsNothing) {
  add(46, "Tjoe@example.org\0"s);
  take();
  add(50, "Tjoe@example.org\0"s);
  const TakenOver again = take();
  EXPECT_EQ(again.messages, 1U);
  EXPECT_EQ(again.known, 1U);
  EXPECT_EQ(queued().size(), 2U);
}

TEST_F(TakeOverTest, AMessageIsKnownAgainOnceItWasClassified) {
  tree.put("mess", 46, kText);
  tree.put("todo", 46, "u7\0p8\0Fs@x.example\0Tjoe@example.org\0"s);
  take();
  boost::filesystem::remove(tree.scratch().path(tree.name("todo", 46)));
  add(46, "Tjoe@example.org\0"s);
  EXPECT_EQ(take().known, 1U);
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(TakeOverTest, ANumberUsedAgainIsAnotherMessage) {
  add(46, "Tjoe@example.org\0"s);
  take();
  tree.put("mess", 46, kText, 1'000'000'001);
  EXPECT_EQ(take().messages, 1U);
}

TEST_F(TakeOverTest, WhatHasNotBeenClassifiedIsClassifiedNow) {
  tree.put("mess", 46, kText);
  tree.put("todo", 46, "u7\0p8\0Fs@x.example\0Tinfo@shop.example\0Tx@far.example\0Tjoe\0"s,
           1'000'000'005);
  EXPECT_EQ(take().recipients, 3U);
  const std::vector<Message> all = queued();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].envelope.uid, 7U);
  const std::vector<Recipient>& to = all[0].recipients;
  ASSERT_EQ(to.size(), 3U);
  EXPECT_EQ(to[0].as.address, "joe-shop-info@shop.example");
  EXPECT_EQ(to[0].as.original, "info@shop.example");
  EXPECT_EQ(to[0].as.channel, Channel::Local);
  EXPECT_EQ(to[1].as.channel, Channel::Remote);
  EXPECT_EQ(to[2].as.address, "joe@host.example");
}

TEST_F(TakeOverTest, WhoeverCouldNotGetItIsStillReported) {
  add(46, "Djoe-shop-info@shop.example\0Dann@example.org\0"s, "Tx@far.example\0"s);
  tree.put("bounce", 46, "<info@shop.example>:\nSorry. (#5.1.1)\n\n", 1'000'000'777);
  const TakenOver done = take();
  EXPECT_EQ(done.failed, 1U);
  const std::vector<Message> all = queued();
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(all[0].recipients.size(), 3U);
  EXPECT_EQ(all[0].recipients[0].state, State::Failed);
  EXPECT_EQ(all[0].recipients[0].report, "Sorry. (#5.1.1)");
  EXPECT_EQ(all[0].recipients[0].tried, 1'000'000'777);
  EXPECT_EQ(all[0].recipients[0].as.original, "info@shop.example");
  EXPECT_EQ(all[0].recipients[1].state, State::Done);
}

TEST_F(TakeOverTest, AMessageOfFailuresAloneIsTakenOverToo) {
  add(46, ""s);
  tree.put("bounce", 46, "<no@example.org>:\nnever\n\n<no@example.org>:\nonce more\n\n");
  EXPECT_EQ(take().failed, 2U);
  const std::vector<Message> all = queued();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].recipients[0].as.address, "no@example.org");
  EXPECT_EQ(all[0].recipients[1].report, "once more");
}

TEST_F(TakeOverTest, EachReportGoesToOneRecipient) {
  add(46, "Dno@example.org\0Dno@example.org\0"s);
  tree.put("bounce", 46, "<no@example.org>:\nfirst\n\n<no@example.org>:\nsecond\n\n");
  EXPECT_EQ(take().failed, 2U);
  EXPECT_EQ(queued().at(0).recipients.size(), 2U);
}

TEST_F(TakeOverTest, WhatIsFinishedIsNotTakenOver) {
  add(46, "Djoe@example.org\0"s);
  add(47, ""s);
  const TakenOver done = take();
  EXPECT_EQ(done.finished, 2U);
  EXPECT_EQ(done.messages, 0U);
  EXPECT_TRUE(queued().empty());
}

TEST_F(TakeOverTest, ADamagedMessageIsNamedAndHoldsUpNoOther) {
  add(46, "Tjoe@example.org"s);
  add(47, "Tjoe@example.org\0"s);
  const TakenOver done = take({.remove = true});
  EXPECT_EQ(done.messages, 1U);
  EXPECT_THAT(done.problems, ElementsAre(HasSubstr("message 46: the list of recipients")));
  EXPECT_TRUE(tree.has("mess", 46));
  EXPECT_FALSE(tree.has("mess", 47));
}

TEST_F(TakeOverTest, TheOldQueueStaysUnlessItShallBeRemoved) {
  add(46, "Tjoe@example.org\0"s);
  take();
  EXPECT_TRUE(tree.has("mess", 46));
  const TakenOver again = take({.remove = true});
  EXPECT_EQ(again.known, 1U);
  EXPECT_EQ(again.removed, 1U);
  EXPECT_FALSE(tree.has("mess", 46));
  EXPECT_FALSE(tree.has("local", 46));
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(TakeOverTest, NothingIsRemovedWhereTheStoreFails) {
  add(46, "Tjoe@example.org\0"s);
  store.failing_commits = 1;
  EXPECT_FALSE(run({.remove = true}));
  EXPECT_TRUE(tree.has("local", 46));
  EXPECT_EQ(take({.remove = true}).messages, 1U);
}

TEST_F(TakeOverTest, ADryRunChangesNothing) {
  add(46, "Tjoe@example.org\0"s);
  EXPECT_EQ(take({.remove = true, .dry_run = true}).messages, 1U);
  EXPECT_TRUE(queued().empty());
  EXPECT_TRUE(tree.has("mess", 46));
  EXPECT_EQ(take().messages, 1U);
}

TEST_F(TakeOverTest, ManyMessagesTakeSeveralTransactions) {
  for (std::uint64_t i = 1; i <= 2 * kMaxTakenTogether + 1; ++i) add(i, "Tjoe@example.org\0"s);
  EXPECT_EQ(take().messages, 2 * kMaxTakenTogether + 1);
  EXPECT_EQ(store.commits.size(), 3U);
}

TEST_F(TakeOverTest, WhatAVirtualDomainHasPutInFrontIsUndone) {
  const NewRecipient shop = classified_before(routes, Channel::Local, "joe-shop-a-b@shop.example");
  EXPECT_EQ(shop.original, "a-b@shop.example");
  EXPECT_EQ(shop.address, "joe-shop-a-b@shop.example");
  EXPECT_EQ(shop.destination, "joe");
  const NewRecipient wild = classified_before(routes, Channel::Local, "wild-a@b.wild.example");
  EXPECT_EQ(wild.original, "a@b.wild.example");
  const NewRecipient plain = classified_before(routes, Channel::Local, "joe-shop@example.org");
  EXPECT_EQ(plain.original, "");
  EXPECT_EQ(plain.destination, "joe");
  const NewRecipient gone = classified_before(routes, Channel::Local, "x-y@removed.example");
  EXPECT_EQ(gone.channel, Channel::Local) << "qmail-send has decided so";
  EXPECT_EQ(gone.original, "");
  const NewRecipient far = classified_before(routes, Channel::Remote, "a-b@Far.example");
  EXPECT_EQ(far.channel, Channel::Remote);
  EXPECT_EQ(far.destination, "far.example");
}

}  // namespace
}  // namespace lbx::queue
