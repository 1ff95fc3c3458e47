// SPDX-License-Identifier: MIT
#include "queue/live_messages.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace lbx::queue {
namespace {

Live live_of(MessageId id, std::uint64_t octets = 10) {
  Live live;
  live.id = id;
  live.envelope.size = octets;
  live.recipients.push_back({id * 10, "joe@example.org"});
  live.recipients.push_back({id * 10 + 1, "ann@example.org"});
  live.open = 2;
  return live;
}

TEST(LiveMessagesTest, AMessageIsOneLiveForAll) {
  LiveMessages messages{{}};
  const LivePtr live = messages.add(live_of(1));
  EXPECT_EQ(messages.find(1), live);
  EXPECT_EQ(messages.find(2), nullptr);
  EXPECT_EQ(*live->address_of(11), "ann@example.org");
  EXPECT_EQ(live->address_of(12), nullptr);
}

TEST(LiveMessagesTest, WhatNobodyHasAndNothingKeepsIsGone) {
  LiveMessages messages{{}};
  messages.add(live_of(1));
  EXPECT_EQ(messages.find(1), nullptr);
  messages.keep(messages.add(live_of(2)), 2, 0);
  EXPECT_NE(messages.find(2), nullptr);
  messages.used(2);
  EXPECT_NE(messages.find(2), nullptr);
  messages.used(2);
  EXPECT_EQ(messages.find(2), nullptr);
}

TEST(LiveMessagesTest, NoMoreIsKeptThanTheLimits) {
  LiveMessages messages{{.messages = 3, .octets = 100}};
  for (MessageId id = 1; id <= 5; ++id) messages.keep(messages.add(live_of(id)), 1, 0);
  EXPECT_EQ(messages.kept(), 3U);
  EXPECT_NE(messages.find(1), nullptr) << "those that came first are the next";
  EXPECT_EQ(messages.find(5), nullptr);
  EXPECT_FALSE(messages.has_room(10, 0));

  LiveMessages by_octets{{.messages = 30, .octets = 100}};
  for (MessageId id = 1; id <= 5; ++id) by_octets.keep(by_octets.add(live_of(id, 40)), 1, 0);
  EXPECT_EQ(by_octets.kept(), 2U);
}

TEST(LiveMessagesTest, WhatComesNextIsKeptRatherThanWhatComesLater) {
  LiveMessages messages{{.messages = 3, .octets = 100}};
  for (const MessageId id : {7, 8, 9}) messages.keep(messages.add(live_of(id)), 1, 0);
  messages.keep_first(messages.add(live_of(2)), 1, 0);
  messages.keep_first(messages.add(live_of(1)), 1, 0);
  EXPECT_EQ(messages.kept(), 3U);
  EXPECT_NE(messages.find(1), nullptr);
  EXPECT_NE(messages.find(2), nullptr);
  EXPECT_NE(messages.find(7), nullptr);
  messages.keep_first(messages.add(live_of(3, 101)), 1, 0);
  EXPECT_EQ(messages.find(3), nullptr) << "there is no room for it at all";
  EXPECT_EQ(messages.kept(), 3U) << "and nothing went for it";
  messages.keep_first(messages.add(live_of(4)), 0, 0);
  EXPECT_EQ(messages.find(4), nullptr) << "it has no turns";
}

TEST(LiveMessagesTest, WhatIsKeptInVainMakesRoom) {
  LiveMessages messages{{.messages = 1}};
  messages.keep(messages.add(live_of(1)), 1, 1000);
  messages.keep(messages.add(live_of(2)), 1, 1060);
  EXPECT_EQ(messages.find(2), nullptr);
  messages.keep(messages.add(live_of(3)), 1, 1061);
  EXPECT_EQ(messages.find(1), nullptr);
  EXPECT_NE(messages.find(3), nullptr);
  messages.keep(messages.add(live_of(4)), 1, 5);
  EXPECT_NE(messages.find(4), nullptr) << "the clock was set back";
}

TEST(LiveMessagesTest, RecipientsThatWaitNoMoreAreForgotten) {
  LiveMessages messages{{}};
  const LivePtr live = messages.add(live_of(1));
  messages.forget({10, 99});
  EXPECT_EQ(live->address_of(10), nullptr);
  EXPECT_EQ(live->open, 1U);
}

TEST(MessageDescriptorTest, HoldsBothPartsAndCannotBeChanged) {
  const Result<UniqueFd> fd = message_descriptor("head\n", "body");
  ASSERT_TRUE(fd) << fd.error().what;
  std::string octets(20, '\0');
  octets.resize(static_cast<std::size_t>(::pread(fd->get(), octets.data(), octets.size(), 0)));
  EXPECT_EQ(octets, "head\nbody");
  EXPECT_LT(::write(fd->get(), "x", 1), 0);
  EXPECT_NE(::ftruncate(fd->get(), 0), 0);
}

}  // namespace
}  // namespace lbx::queue
