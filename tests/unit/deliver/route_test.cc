// SPDX-License-Identifier: MIT
#include "deliver/route.h"

#include <gtest/gtest.h>

#include "deliver/order.h"

namespace lbx::deliver {
namespace {

TEST(RouteTest, WhatIsWrittenIsReadAgain) {
  const RouteOffer offer{7, {"joe", "/home/joe", "joe-x", "-", "x", "a.b", "", ""}};
  const auto same_offer = decode_route_offer(encode(offer));
  ASSERT_TRUE(same_offer);
  EXPECT_EQ(encode(*same_offer), encode(offer));
  EXPECT_EQ(same_offer->request.host, "a.b");

  const Introduction introduction{3, 7, 5, 1000, "joe-x@a.b"};
  const auto same_introduction = decode_introduction(encode(introduction));
  ASSERT_TRUE(same_introduction);
  EXPECT_EQ(encode(*same_introduction), encode(introduction));
  EXPECT_EQ(same_introduction->uid, 1000U);

  const RoutedOrder order{1, 7, 99, 1234, "s@t", "id/1", "1:a,"};
  const auto same_order = decode_routed_order(encode(order));
  ASSERT_TRUE(same_order) << same_order.error().what;
  EXPECT_EQ(encode(*same_order), encode(order));
  EXPECT_EQ(same_order->sender, "s@t");
}

TEST(RouteTest, NothingIsTakenForAnotherThing) {
  const std::string order = encode(1, Order{});
  const std::string answer = encode(1, Answer{});
  const std::string user_order = encode(UserOrder{});
  for (const std::string& each : {order, answer, user_order, std::string{"nonsense"}}) {
    EXPECT_FALSE(decode_route_offer(each));
    EXPECT_FALSE(decode_introduction(each));
    EXPECT_FALSE(decode_routed_order(each));
  }
  EXPECT_FALSE(wire::decode_answer(encode(Introduction{})));
  EXPECT_FALSE(decode_user_order(encode(RouteOffer{})));
}

}  // namespace
}  // namespace lbx::deliver
