// SPDX-License-Identifier: MIT
#include "queue/direct_queue.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "core/base/io.h"
#include "core/message/spool.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::StartsWith;

class DirectQueueTest : public testing::Test {
 protected:
  DirectQueueTest() {
    scratch.make_directory("queue/store");
    scratch.make_directory("control");
    scratch.write("control/locals", "here\n");
    outside.system.environment["LETTERBOX_HOME"] = scratch.path();
  }

  Result<std::unique_ptr<DirectQueue>> open() {
    return DirectQueue::open(outside.system, 1234567, 0);
  }
  UniqueFd message(const std::string& text) { return sealed_memory(outside.files, text).value(); }
  std::vector<Message> stored() {
    SqliteStore::Options options;
    options.access = SqliteStore::Access::Read;
    auto store = SqliteStore::open(outside.system, scratch.path("queue/store"), options).value();
    std::vector<Message> all = store->list(0, 100).value();
    for (Message& each : all) each = *store->message(each.id, true).value();
    return all;
  }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
};

TEST_F(DirectQueueTest, TheDaemonWillFindWhatWasSubmitted) {
  {
    auto queue = open().value();
    const auto number =
        queue->submit({"s@x", "", "", false, {{"joe@here"}, {"a@far"}}}, message("Subject: x\n\n"));
    ASSERT_TRUE(number) << number.error().what;
  }
  const std::vector<Message> all = stored();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].envelope.sender, "s@x");
  EXPECT_EQ(all[0].envelope.uid, 1234567U);
  ASSERT_EQ(all[0].recipients.size(), 2U);
  EXPECT_EQ(all[0].recipients[0].as.channel, Channel::Local);
  const std::string& octets = std::get<InlineBody>(all[0].body).octets;
  EXPECT_THAT(octets, StartsWith("Received: (qmail 4711 invoked by uid 1234567); "));
  EXPECT_THAT(octets, testing::EndsWith("\nSubject: x\n\n"));
  EXPECT_EQ(all[0].envelope.size, octets.size());
}

TEST_F(DirectQueueTest, ALargeMessageIsAFile) {
  auto queue = open().value();
  auto spool = queue->spool_file();
  ASSERT_TRUE(spool) << spool.error().what;
  ASSERT_TRUE(write_all(outside.files, spool->fd.get(), "Subject: large\n\n"));
  ASSERT_TRUE(queue->submit({"s@x", "", "", false, {{"joe@here"}}}, std::move(spool->fd)));
  queue.reset();
  const std::vector<Message> all = stored();
  ASSERT_EQ(all.size(), 1U);
  const std::string& name = std::get<SpoolBody>(all[0].body).name;
  EXPECT_THAT(scratch.read("queue/store/spool/" + name),
              testing::EndsWith("0000\nSubject: large\n\n"))
      << "behind its Received line";
}

TEST_F(DirectQueueTest, AMessageToNobodyDoesNotStay) {
  auto queue = open().value();
  EXPECT_TRUE(queue->submit({"s@x", "", "", false, {}}, message("Subject: x\n\n")));
  queue.reset();
  EXPECT_EQ(stored().size(), 0U);
}

TEST_F(DirectQueueTest, WhoHasTheStoreIsNotDisturbed) {
  const auto first = open();
  ASSERT_TRUE(first) << first.error().what;
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().os_error, EWOULDBLOCK);
}

TEST_F(DirectQueueTest, WithoutAQueueThereIsNone) {
  outside.system.environment["LETTERBOX_HOME"] = scratch.path("nowhere");
  EXPECT_FALSE(open());
}

}  // namespace
}  // namespace lbx::queue
