// SPDX-License-Identifier: MIT
#include "deliver/reply_queue.h"

#include <gtest/gtest.h>

namespace lbx::deliver {
namespace {

const wire::Reply kYes{250, "2.1.5", "OK"};
const wire::Reply kNo{550, "5.1.1", "No"};
constexpr const char* kYesLine = "250 2.1.5 OK\r\n";
constexpr const char* kNoLine = "550 5.1.1 No\r\n";

TEST(ReplyQueueTest, WhatIsKnownMayBeSaidAtOnce) {
  ReplyQueue replies;
  replies.add("250-a\r\n250 b\r\n");
  EXPECT_FALSE(replies.awaits());
  EXPECT_EQ(replies.take_ready(), "250-a\r\n250 b\r\n");
  EXPECT_EQ(replies.ready(), "");
}

TEST(ReplyQueueTest, WhatIsBehindAReplyToComeWaitsForIt) {
  ReplyQueue replies;
  const std::uint64_t first = replies.reserve();
  const std::uint64_t second = replies.reserve();
  replies.add("221 end\r\n");
  replies.fill(second, kNo);
  EXPECT_TRUE(replies.awaits());
  EXPECT_EQ(replies.ready(), "");
  replies.fill(first, kYes);
  EXPECT_FALSE(replies.awaits());
  EXPECT_EQ(replies.take_ready(), std::string{kYesLine} + kNoLine + "221 end\r\n");
}

TEST(ReplyQueueTest, NumbersStayWhatTheyAreWhenRepliesBeforeThemHaveGone) {
  ReplyQueue replies;
  replies.add("220 hello\r\n");
  const std::uint64_t first = replies.reserve();
  const std::uint64_t second = replies.reserve();
  replies.fill(first, kYes);
  EXPECT_EQ(replies.take_ready(), std::string{"220 hello\r\n"} + kYesLine);
  replies.fill(second, kNo);
  EXPECT_EQ(replies.take_ready(), kNoLine);
}

}  // namespace
}  // namespace lbx::deliver
