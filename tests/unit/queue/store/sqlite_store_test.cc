// SPDX-License-Identifier: MIT
#include "queue/store/sqlite_store.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <fstream>

#include "queue/store/sqlite_handle.h"
#include "support/lossy_disk.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

NewRecipient to(const std::string& address, Channel channel = Channel::Local) {
  NewRecipient recipient;
  recipient.channel = channel;
  recipient.address = address;
  recipient.destination = address.substr(address.find('@') + 1);
  return recipient;
}

NewMessage mail(std::vector<NewRecipient> recipients, std::string octets = "Subject: a\n\nb\n") {
  NewMessage message;
  message.envelope.sender = "from@example.org";
  message.envelope.born = 1'000;
  message.envelope.size = octets.size();
  message.body = InlineBody{std::move(octets)};
  message.recipients = std::move(recipients);
  return message;
}

class SqliteStoreTest : public testing::Test {
 protected:
  using Access = SqliteStore::Access;

  Result<std::unique_ptr<SqliteStore>> try_open(Access access = Access::Write) {
    return SqliteStore::open(world_.system, scratch_.path(), {access, 0, disk_.vfs()});
  }
  std::unique_ptr<SqliteStore> open(Access access = Access::Write) {
    auto store = try_open(access);
    EXPECT_TRUE(store) << store.error().what;
    return std::move(store).value();
  }
  template <typename Action>
  static auto commit(SqliteStore& store, const Action& action,
                     Durability durability = Durability::Now) {
    EXPECT_TRUE(store.begin(durability));
    auto result = action();
    EXPECT_TRUE(result) << result.error().what;
    const Result<void> done = store.commit();
    EXPECT_TRUE(done) << done.error().what;
    return std::move(result).value();
  }
  static Submitted submit(SqliteStore& store, const NewMessage& message) {
    return commit(store, [&] { return store.submit(message); });
  }
  static void record(SqliteStore& store, Outcome outcome) {
    commit(store, [&] { return store.record({&outcome, 1}); });
  }
  static std::vector<MessageId> end(SqliteStore& store, MessageId message) {
    return commit(store, [&] { return store.end({&message, 1}); });
  }
  static std::size_t change(SqliteStore& store, RecipientId recipient, Change change) {
    return commit(store, [&] { return store.change({&recipient, 1}, change, 5'000, "gone"); });
  }
  static Recipient recipient(SqliteStore& store, const Submitted& of, std::size_t index = 0) {
    auto found = store.message(of.message, false);
    EXPECT_TRUE(found && *found);
    return (*found)->recipients.at(index);
  }
  static std::vector<RecipientId> leased(SqliteStore& store) {
    std::vector<RecipientId> ids;
    EXPECT_TRUE(store.lease([&](const Waiting& each) { ids.push_back(each.recipient); }));
    return ids;
  }

  ScratchDirectory scratch_;
  TestSystem world_;
  testing_support::LossyDisk disk_;
};

TEST_F(SqliteStoreTest, AMessageComesBackAsItWasSubmitted) {
  NewMessage in = mail({to("a@b"), to("c@d.example", Channel::Remote)});
  in.envelope = {"-@[]", Return::Headers, "id 1", true, 70'000, 4'711, 99, 5};
  in.body = InlineBody{std::string{"\0\xff\n.\r", 5}};
  in.recipients[0].original = "x@b";
  in.recipients[0].notify = {false, true, true, true};
  in.recipients[0].original_recipient = "rfc822;x@b";
  in.recipients[1].notify.never = true;
  Submitted submitted;
  {
    const auto store = open();
    submitted = submit(*store, in);
  }
  const auto store = open();
  const auto out = store->message(submitted.message, true);
  ASSERT_TRUE(out && *out);
  EXPECT_EQ((*out)->envelope, in.envelope);
  EXPECT_EQ((*out)->body, in.body);
  ASSERT_EQ((*out)->recipients.size(), 2U);
  EXPECT_EQ((*out)->recipients[0].as, in.recipients[0]);
  EXPECT_EQ((*out)->recipients[1].as, in.recipients[1]);
  EXPECT_EQ((*out)->recipients[0].id, submitted.recipients[0]);
  EXPECT_EQ((*out)->recipients[0].due, 99);
  EXPECT_EQ((*out)->recipients[0].attempts, 0U);
}

TEST_F(SqliteStoreTest, ASpoolFileIsNamedInsteadOfABody) {
  const auto store = open();
  NewMessage in = mail({to("a@b")});
  in.body = SpoolBody{"0123"};
  const Submitted submitted = submit(*store, in);
  const auto out = store->message(submitted.message, true);
  ASSERT_TRUE(out && *out);
  EXPECT_EQ((*out)->body, in.body);
  std::vector<std::string> names;
  ASSERT_TRUE(store->spool_files([&](std::string_view name) { names.emplace_back(name); }));
  EXPECT_THAT(names, ElementsAre("0123"));
}

TEST_F(SqliteStoreTest, AMessageWithoutBodyIsReadWithoutIt) {
  const auto store = open();
  const Submitted submitted = submit(*store, mail({to("a@b")}));
  const auto out = store->message(submitted.message, false);
  ASSERT_TRUE(out && *out);
  EXPECT_EQ((*out)->body, Body{InlineBody{}});
  const auto none = store->message(submitted.message + 1, true);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

TEST_F(SqliteStoreTest, WhatIsRolledBackWasNeverThere) {
  const auto store = open();
  ASSERT_TRUE(store->begin(Durability::Now));
  ASSERT_TRUE(store->submit(mail({to("a@b")})));
  store->roll_back();
  EXPECT_EQ(store->totals()->messages, 0U);
}

TEST_F(SqliteStoreTest, NumbersNeverComeBack) {
  auto store = open();
  const Submitted first = submit(*store, mail({to("a@b")}));
  record(*store, {first.recipients[0], State::Done, 0, 1'001, ""});
  EXPECT_THAT(end(*store, first.message), ElementsAre(first.message));
  store.reset();
  store = open();
  const Submitted second = submit(*store, mail({to("a@b")}));
  EXPECT_GT(second.message, first.message);
  EXPECT_GT(second.recipients[0], first.recipients[0]);
}

TEST_F(SqliteStoreTest, WhatIsNotedOnceIsKnownForEverButNotWhereItWasRolledBack) {
  auto store = open();
  const auto note = [&store] { return store->once("qmail 46"); };
  ASSERT_TRUE(store->begin(Durability::Now));
  EXPECT_TRUE(*note());
  store->roll_back();
  EXPECT_TRUE(commit(*store, note));
  EXPECT_FALSE(commit(*store, note));
  store.reset();
  store = open();
  EXPECT_FALSE(commit(*store, note));
}

TEST_F(SqliteStoreTest, AnEndedMessageLeavesNothing) {
  const auto store = open();
  const Submitted submitted = submit(*store, mail({to("a@b"), to("c@d")}));
  record(*store, {submitted.recipients[0], State::Done, 0, 1'001, ""});
  EXPECT_THAT(end(*store, submitted.message), IsEmpty()) << "one still waits";
  record(*store, {submitted.recipients[1], State::Failed, 0, 1'001, "no such user"});
  EXPECT_THAT(end(*store, submitted.message), IsEmpty()) << "nobody was told";
  commit(*store, [&] { return store->told(submitted.recipients); });
  EXPECT_THAT(end(*store, submitted.message), ElementsAre(submitted.message));
  EXPECT_THAT(end(*store, submitted.message), IsEmpty());
  EXPECT_FALSE(store->message(submitted.message, false).value().has_value());
  EXPECT_THAT(*store->check(), IsEmpty());
}

TEST_F(SqliteStoreTest, AMessageWhoseSenderWantsToHearOfItsArrivalStaysUntilHeHas) {
  const auto store = open();
  const Submitted submitted = submit(*store, mail({to("a@b")}));
  record(*store, {submitted.recipients[0], State::Arrived, 0, 1'001, ""});
  EXPECT_THAT(leased(*store), IsEmpty());
  EXPECT_THAT(end(*store, submitted.message), IsEmpty());
  commit(*store, [&] { return store->told(submitted.recipients); });
  EXPECT_THAT(end(*store, submitted.message), ElementsAre(submitted.message));
}

TEST_F(SqliteStoreTest, AnOutcomeIsRecorded) {
  const auto store = open();
  const Submitted submitted = submit(*store, mail({to("a@b")}));
  record(*store, {submitted.recipients[0], State::Waiting, 1'400, 1'001, "busy"});
  Recipient now = recipient(*store, submitted);
  EXPECT_EQ(now.state, State::Waiting);
  EXPECT_EQ(now.due, 1'400);
  EXPECT_EQ(now.tried, 1'001);
  EXPECT_EQ(now.attempts, 1U);
  EXPECT_EQ(now.report, "busy");
  record(*store, {submitted.recipients[0], State::Failed, 0, 1'401, "gone"});
  now = recipient(*store, submitted);
  EXPECT_EQ(now.state, State::Failed);
  EXPECT_EQ(now.attempts, 2U);
  EXPECT_EQ(now.report, "gone");
  record(*store, {submitted.recipients[0] + 100, State::Done, 0, 0, ""});  // gone: passed over
}

TEST_F(SqliteStoreTest, AnAdministratorsWordOutlastsAnAttempt) {
  const auto store = open();
  const Submitted submitted = submit(*store, mail({to("a@b"), to("c@d"), to("e@f")}));
  EXPECT_EQ(change(*store, submitted.recipients[0], Change::Hold), 1U);
  EXPECT_EQ(change(*store, submitted.recipients[1], Change::Delete), 1U);
  EXPECT_EQ(change(*store, submitted.recipients[2], Change::Hold), 1U);
  record(*store, {submitted.recipients[0], State::Waiting, 1'400, 1'001, "busy"});
  record(*store, {submitted.recipients[1], State::Failed, 0, 1'001, "no"});
  record(*store, {submitted.recipients[2], State::Done, 0, 1'001, ""});
  EXPECT_EQ(recipient(*store, submitted, 0).state, State::Held);
  EXPECT_EQ(recipient(*store, submitted, 1).state, State::Done);
  EXPECT_EQ(recipient(*store, submitted, 2).state, State::Done) << "delivered is delivered";
}

TEST_F(SqliteStoreTest, EachChangeDoesItsWorkAndNoOther) {
  const auto store = open();
  const Submitted submitted = submit(*store, mail({to("a@b")}));
  const RecipientId id = submitted.recipients[0];
  EXPECT_EQ(change(*store, id, Change::Release), 0U);
  EXPECT_EQ(change(*store, id, Change::Retry), 1U);
  EXPECT_EQ(recipient(*store, submitted).due, 5'000);
  EXPECT_EQ(change(*store, id, Change::Hold), 1U);
  EXPECT_EQ(change(*store, id, Change::Retry), 0U);
  EXPECT_THAT(leased(*store), IsEmpty());
  EXPECT_EQ(change(*store, id, Change::Release), 1U);
  EXPECT_EQ(change(*store, id, Change::Fail), 1U);
  EXPECT_EQ(recipient(*store, submitted).report, "gone");
  EXPECT_EQ(change(*store, id, Change::Fail), 0U);
  EXPECT_EQ(change(*store, id, Change::Delete), 1U);
  EXPECT_EQ(change(*store, id, Change::Delete), 0U);
  EXPECT_EQ(change(*store, id + 100, Change::Delete), 0U);
  EXPECT_THAT(*store->unfinished(), ElementsAre(submitted.message));
}

TEST_F(SqliteStoreTest, ALeaseGivesWhatIsDueFirstFirst) {
  const auto store = open();
  const Submitted early = submit(*store, mail({to("a@b"), to("c@d.example", Channel::Remote)}));
  NewMessage young = mail({to("e@f")});
  young.envelope.born = 900;
  const Submitted late = submit(*store, young);
  record(*store, {early.recipients[0], State::Waiting, 9'000, 1'001, "busy"});
  EXPECT_THAT(leased(*store),
              ElementsAre(late.recipients[0], early.recipients[1], early.recipients[0]));
  std::vector<std::string> remote;
  ASSERT_TRUE(store->lease([&](const Waiting& each) {
    if (each.channel == Channel::Remote) remote.emplace_back(each.destination);
    EXPECT_EQ(each.born, each.message == early.message ? 1'000 : 900);
  }));
  EXPECT_THAT(remote, ElementsAre("d.example"));
}

TEST_F(SqliteStoreTest, WhatACrashLeftUnfinishedIsFound) {
  const auto store = open();
  const Submitted waits = submit(*store, mail({to("a@b")}));
  const Submitted failed = submit(*store, mail({to("a@b"), to("c@d")}));
  const Submitted done = submit(*store, mail({to("a@b")}));
  record(*store, {failed.recipients[1], State::Failed, 0, 1, "no"});
  record(*store, {done.recipients[0], State::Done, 0, 1, ""});
  const Submitted arrived = submit(*store, mail({to("a@b")}));
  record(*store, {arrived.recipients[0], State::Arrived, 0, 1, ""});
  EXPECT_THAT(*store->unfinished(), ElementsAre(failed.message, done.message, arrived.message));
  EXPECT_EQ(leased(*store).size(), 2U) << waits.message;
}

TEST_F(SqliteStoreTest, AListGoesOnWhereItWas) {
  const auto store = open();
  for (int i = 0; i < 5; ++i) submit(*store, mail({to("a@b"), to("c@d")}));
  const auto first = store->list(0, 3);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 3U);
  EXPECT_EQ(first->front().recipients.size(), 2U);
  const auto rest = store->list(first->back().id, 3);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->size(), 2U);
}

TEST_F(SqliteStoreTest, TotalsCountWhatThereIs) {
  const auto store = open();
  EXPECT_EQ(store->totals()->oldest, 0);
  const Submitted submitted = submit(*store, mail({to("a@b"), to("c@d"), to("e@f")}, "12345"));
  change(*store, submitted.recipients[0], Change::Hold);
  change(*store, submitted.recipients[1], Change::Fail);
  const auto totals = store->totals();
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->messages, 1U);
  EXPECT_EQ(totals->octets, 5U);
  EXPECT_EQ(totals->waiting, 1U);
  EXPECT_EQ(totals->held, 1U);
  EXPECT_EQ(totals->failed, 1U);
  EXPECT_EQ(totals->oldest, 1'000);
}

TEST_F(SqliteStoreTest, OneProcessWritesAndOthersRead) {
  const auto writer = open();
  const auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().os_error, EWOULDBLOCK);

  submit(*writer, mail({to("a@b")}));
  const auto reader = open(Access::Read);
  EXPECT_EQ(reader->totals()->messages, 1U);
  EXPECT_EQ(reader->id(), writer->id());
  submit(*writer, mail({to("a@b")}));  // a reader does not hinder it
  EXPECT_EQ(reader->totals()->messages, 2U);
  EXPECT_FALSE(reader->submit(mail({to("a@b")})));
}

TEST_F(SqliteStoreTest, AReaderMakesNothing) {
  EXPECT_FALSE(try_open(Access::Read));
  EXPECT_THAT(scratch_.names("."), IsEmpty());
}

TEST_F(SqliteStoreTest, AStoreKeepsItsName) {
  const std::string id = open()->id();
  EXPECT_EQ(id.size(), 16U);
  EXPECT_EQ(open()->id(), id);
}

TEST_F(SqliteStoreTest, ANewerStoreIsRefused) {
  open();
  {
    auto database =
        sqlite::Database::open(scratch_.path("queue.db"), sqlite::Database::Access::Write, 0);
    ASSERT_TRUE(database && database->run("PRAGMA user_version = 2"));
  }
  for (const Access access : {Access::Read, Access::Write}) {
    const auto store = try_open(access);
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().what, HasSubstr("newer Letterbox"));
  }
}

TEST_F(SqliteStoreTest, AnotherProgramsDatabaseIsLeftAlone) {
  {
    auto database =
        sqlite::Database::open(scratch_.path("queue.db"), sqlite::Database::Access::Create, 0);
    ASSERT_TRUE(database && database->run("CREATE TABLE theirs(a)"));
  }
  const auto store = try_open();
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().what, HasSubstr("not a queue"));
}

TEST_F(SqliteStoreTest, NowIsOneFlushAndSoonIsNone) {
  const auto store = open();
  submit(*store, mail({to("a@b")}));  // the first one writes the head of the log
  disk_.syncs = 0;
  submit(*store, mail({to("a@b")}));
  EXPECT_EQ(disk_.syncs, 1U);
  commit(
      *store, [&] { return store->submit(mail({to("a@b")})); }, Durability::Soon);
  EXPECT_EQ(disk_.syncs, 1U);
  commit(
      *store, [&] { return store->totals(); }, Durability::Soon);
  EXPECT_EQ(disk_.syncs, 1U);
  submit(*store, mail({to("a@b")}));
  EXPECT_EQ(disk_.syncs, 2U);
}

TEST_F(SqliteStoreTest, NowWithoutChangesFlushesWhatWasSoon) {
  const auto store = open();
  commit(
      *store, [&] { return store->submit(mail({to("a@b")})); }, Durability::Soon);
  disk_.syncs = 0;
  commit(*store, [&] { return store->totals(); });
  EXPECT_EQ(disk_.syncs, 1U);
  commit(*store, [&] { return store->totals(); });
  EXPECT_EQ(disk_.syncs, 1U) << "nothing is left to flush";
}

TEST_F(SqliteStoreTest, AFullOrBrokenDiskRefusesAndLosesNothing) {
  const auto store = open();
  submit(*store, mail({to("a@b")}));
  const std::pair<int, int> faults[] = {
      {SQLITE_FULL, ENOSPC}, {SQLITE_READONLY, EROFS}, {SQLITE_IOERR_WRITE, EIO}};
  for (const auto& [fault, code] : faults) {
    disk_.write_fault = fault;
    ASSERT_TRUE(store->begin(Durability::Now));
    ASSERT_TRUE(store->submit(mail({to("c@d")})));
    const Result<void> done = store->commit();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().retry, Retry::Later);
    EXPECT_EQ(done.error().os_error, code) << done.error().what;
    disk_.write_fault = SQLITE_OK;
    EXPECT_EQ(store->totals()->messages, 1U);
  }
  submit(*store, mail({to("e@f")}));
  EXPECT_EQ(store->totals()->messages, 2U);
  EXPECT_THAT(*store->check(), IsEmpty());
}

TEST_F(SqliteStoreTest, WhatCouldNotBeFlushedIsNotInTheQueue) {
  const auto store = open();
  disk_.sync_fault = SQLITE_IOERR_FSYNC;
  ASSERT_TRUE(store->begin(Durability::Now));
  ASSERT_TRUE(store->submit(mail({to("a@b")})));
  EXPECT_FALSE(store->commit());
  disk_.sync_fault = SQLITE_OK;
  EXPECT_EQ(store->totals()->messages, 0U);
  submit(*store, mail({to("a@b")}));
}

TEST_F(SqliteStoreTest, ADamagedPageIsAnErrorAndIsFound) {
  {
    const auto store = open();
    for (int i = 0; i < 50; ++i) submit(*store, mail({to("a@b")}, std::string(2'000, 'x')));
  }
  {  // a page in the middle, of bodies
    std::fstream file{scratch_.path("queue.db"), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(4096 * 15);
    file << std::string(4096, 'z');
  }
  const auto store = open();
  EXPECT_FALSE(store->check()->empty());
  std::size_t whole = 0;
  for (MessageId id = 1; id <= 50; ++id) {
    const auto message = store->message(id, true);
    if (message) {
      ++whole;
    } else {
      EXPECT_EQ(message.error().os_error, EUCLEAN) << message.error().what;
    }
  }
  EXPECT_LT(whole, 50U);
  EXPECT_GT(whole, 30U);
}

TEST_F(SqliteStoreTest, ItDoesNotGrowWithWhatWentThrough) {
  const auto store = open();
  for (int i = 0; i < 100; ++i) {  // 1,000 messages
    std::vector<Submitted> all;
    ASSERT_TRUE(store->begin(Durability::Soon));
    for (int j = 0; j < 10; ++j) {
      auto submitted = store->submit(mail({to("a@b")}, std::string(10'000, 'x')));
      ASSERT_TRUE(submitted);
      all.push_back(std::move(*submitted));
    }
    ASSERT_TRUE(store->commit());
    for (const Submitted& each : all) {
      record(*store, {each.recipients[0], State::Done, 0, 1, ""});
      EXPECT_EQ(end(*store, each.message).size(), 1U);
    }
  }
  EXPECT_LT(boost::filesystem::file_size(scratch_.path("queue.db")), 400'000U);
  EXPECT_LT(boost::filesystem::file_size(scratch_.path("queue.db-wal")), 36'000'000U);
}

}  // namespace
}  // namespace lbx::queue
