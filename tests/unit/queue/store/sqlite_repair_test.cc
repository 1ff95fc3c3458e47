// SPDX-License-Identifier: MIT
#include "queue/store/sqlite_repair.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <fstream>

#include "queue/store/sqlite_store.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::IsEmpty;
using testing::Not;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

constexpr std::size_t kPage = 4096;
constexpr MessageId kMessages = 200;

class SqliteRepairTest : public testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open() {
    auto store = SqliteStore::open(world_.system, scratch_.path(), {});
    EXPECT_TRUE(store) << store.error().what;
    return std::move(store).value();
  }
  static std::string body(MessageId id) {
    return std::string(1'000 + static_cast<std::size_t>(id), static_cast<char>('a' + id % 26));
  }
  static void fill(SqliteStore& store) {
    ASSERT_TRUE(store.begin(Durability::Now));
    for (MessageId id = 1; id <= kMessages; ++id) {
      NewMessage message;
      message.envelope.sender = "s" + std::to_string(id);
      message.body = InlineBody{body(id)};
      message.envelope.size = body(id).size();
      message.recipients.emplace_back().address = "a@b";
      message.recipients.emplace_back().address = "c@d";
      ASSERT_TRUE(store.submit(message));
    }
    ASSERT_TRUE(store.commit());
  }
  void damage(std::size_t page) {
    std::fstream file{scratch_.path("queue.db"), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(static_cast<std::streamoff>(page * kPage));
    file << std::string(kPage, 'z');
  }
  /// Messages that are there: whole, or not at all.
  static MessageId whole(SqliteStore& store) {
    MessageId count = 0;
    for (MessageId id = 1; id <= kMessages; ++id) {
      const auto message = store.message(id, true);
      EXPECT_TRUE(message) << message.error().what;
      if (!*message) continue;
      EXPECT_EQ((*message)->body, Body{InlineBody{body(id)}});
      EXPECT_THAT((*message)->recipients, Not(IsEmpty()));
      ++count;
    }
    return count;
  }

  ScratchDirectory scratch_;
  TestSystem world_;
};

TEST_F(SqliteRepairTest, ASoundStoreComesBackWhole) {
  fill(*open());
  const auto repair = repair_store(world_.system, scratch_.path());
  ASSERT_TRUE(repair) << repair.error().what;
  EXPECT_EQ(repair->messages, 200U);
  EXPECT_EQ(repair->recipients, 400U);
  EXPECT_THAT(repair->lost, IsEmpty());
  EXPECT_TRUE(scratch_.exists(repair->kept));
  const auto store = open();
  EXPECT_EQ(whole(*store), kMessages);
  EXPECT_THAT(*store->check(), IsEmpty());
}

TEST_F(SqliteRepairTest, AnyDamagedPageCostsOnlyWhatWasOnIt) {
  fill(*open());
  const std::string sound = scratch_.read("queue.db");
  const std::size_t pages = sound.size() / kPage;
  ASSERT_GT(pages, 50U);
  for (std::size_t page = 1; page < pages; page += 7) {
    scratch_.write("queue.db", sound);
    damage(page);
    ++world_.clock.time.seconds;  // another name for what is kept
    const auto repair = repair_store(world_.system, scratch_.path());
    ASSERT_TRUE(repair) << page << ' ' << repair.error().what;
    const auto store = open();
    EXPECT_THAT(*store->check(), IsEmpty()) << page;
    EXPECT_EQ(whole(*store) < kMessages, !repair->lost.empty()) << page;
  }
}

TEST_F(SqliteRepairTest, ADamagedLeafCostsFewMessages) {
  fill(*open());
  damage(scratch_.read("queue.db").size() / kPage / 2);  // of texts, which are most of it
  const auto repair = repair_store(world_.system, scratch_.path());
  ASSERT_TRUE(repair) << repair.error().what;
  EXPECT_LT(repair->messages, 200U);
  EXPECT_GE(repair->messages, 190U);
  EXPECT_THAT(repair->lost, Not(IsEmpty()));
}

TEST_F(SqliteRepairTest, NumbersGoOnAndTheStoreHasANewName) {
  std::string id;
  {
    const auto store = open();
    fill(*store);
    id = store->id();
  }
  ASSERT_TRUE(repair_store(world_.system, scratch_.path()));
  const auto store = open();
  EXPECT_NE(store->id(), id);
  NewMessage message;
  message.body = InlineBody{"a"};
  message.envelope.size = 1;
  message.recipients.emplace_back().address = "a@b";
  ASSERT_TRUE(store->begin(Durability::Now));
  const auto submitted = store->submit(message);
  ASSERT_TRUE(submitted);
  EXPECT_GT(submitted->message, kMessages);
  ASSERT_TRUE(store->commit());
}

TEST_F(SqliteRepairTest, AFileThatIsNoDatabaseGivesAnEmptyQueueAndIsKept) {
  scratch_.write("queue.db", std::string(3 * kPage, 'x'));
  const auto repair = repair_store(world_.system, scratch_.path());
  ASSERT_TRUE(repair) << repair.error().what;
  EXPECT_EQ(repair->messages, 0U);
  EXPECT_THAT(repair->lost, Not(IsEmpty()));
  EXPECT_EQ(scratch_.read(repair->kept), std::string(3 * kPage, 'x'));
  EXPECT_EQ(whole(*open()), 0);
}

TEST_F(SqliteRepairTest, AStoreInUseOrMissingIsLeftAlone) {
  const auto none = repair_store(world_.system, scratch_.path());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().os_error, ENOENT);
  const auto store = open();
  const auto used = repair_store(world_.system, scratch_.path());
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().os_error, EWOULDBLOCK);
}

TEST_F(SqliteRepairTest, NothingIsLostWhereItEndsHalfway) {
  fill(*open());
  for (std::size_t call = 1; call < 30; ++call) {
    ++world_.clock.time.seconds;
    world_.files.fail_call(call, EIO);
    const auto repair = repair_store(world_.system, scratch_.path());
    world_.files.fail_call(0, 0);
    EXPECT_EQ(whole(*open()), kMessages) << call;
    if (repair) break;
    EXPECT_LT(call, 29U);
  }
}

}  // namespace
}  // namespace lbx::queue
