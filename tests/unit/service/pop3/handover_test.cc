// SPDX-License-Identifier: MIT
#include "service/pop3/handover.h"

#include <gtest/gtest.h>

namespace lbx::pop3 {
namespace {

const Inheritance kInheritance{
    std::string{"STAT\r\n\0x", 8}, {"PLAIN", "LOGIN"}, true, false, true};

TEST(HandoverTest, WhatAFrontSaysIsReadAgain) {
  const std::vector<FrontMessage> all{
      HandoverOrder{7, "ticket", "2001:db8::1", "TLSv1.3 X", "PLAIN", kInheritance},
      HandoverOrder{8, "", "", "", "", {}}, AuthLost{}};
  for (const FrontMessage& each : all) {
    const auto again = parse_front_message(encode(each));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, each);
  }
}

TEST(HandoverTest, WhatASessionIsToldIsReadAgain) {
  const OpenOrder order{9, kInheritance};
  const auto again = parse_open_order(encode(order));
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*again, order);
}

TEST(HandoverTest, WhatTheSpawnerSaysIsReadAgain) {
  const std::vector<SpawnerMessage> all{Report{Taken{1}},
                                        Report{Refused{2, pop3d::Refusal::TooSoon}},
                                        Report{Refused{3, pop3d::Refusal::Later}},
                                        Report{Over{4, Ending::Idle, {1, 2, 3, 4, 5}}},
                                        NewAuth{},
                                        NewTls{}};
  for (const SpawnerMessage& each : all) {
    const auto again = parse_spawner_message(encode(each));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, each);
  }
}

TEST(HandoverTest, NonsenseIsAnError) {
  for (const char* const wrong : {"", "x", "8:handover,1:1,", "5:taken,", "5:taken,1:x,",
                                  "7:refused,1:1,4:none,", "4:over,1:1,4:quit,"}) {
    EXPECT_FALSE(parse_front_message(wrong)) << wrong;
    EXPECT_FALSE(parse_open_order(wrong)) << wrong;
    EXPECT_FALSE(parse_spawner_message(wrong)) << wrong;
  }
}

TEST(HandoverTest, NoMoreThanALittleIsPassedOn) {
  OpenOrder order{1, kInheritance};
  order.inheritance.unread.assign(kMaxUnread, 'x');
  EXPECT_TRUE(parse_open_order(encode(order)));
  order.inheritance.unread += 'x';
  EXPECT_FALSE(parse_open_order(encode(order)));
}

}  // namespace
}  // namespace lbx::pop3
