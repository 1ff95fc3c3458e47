// SPDX-License-Identifier: MIT
#include "deliver/order_client.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/wire/datagram.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using wire::Wait;

class OrderClientTest : public testing::Test {
 protected:
  OrderClientTest() : pair{wire::make_socket_pair().value()} {}
  OrderClient& start(int age = 0) {
    client.emplace(std::move(pair.ours), outside.clock, std::chrono::seconds{age});
    return *client;
  }
  void ask(const char* local, std::uint64_t size = 0, Order::Kind kind = Order::Kind::Verdict) {
    client->ask(Order{kind, local, "x", "", size, ""}, nullptr,
                [this](const Answer& answer) { answers.push_back(answer.text); });
  }
  Result<wire::NumberedOrder> next_order() {
    const Result<wire::Datagram> got = wire::receive_datagram(pair.theirs.get(), Wait::No);
    if (!got) return got.error();
    return wire::decode_order(got->bytes);
  }
  void answer(std::uint64_t number, Verdict verdict, const char* text) {
    const Answer said{verdict, text};
    EXPECT_TRUE(wire::send_datagram(pair.theirs.get(), encode(number, said), -1, Wait::No));
    client->take_answers();
  }
  void answer_next(Verdict verdict, const char* text) {
    const Result<wire::NumberedOrder> order = next_order();
    ASSERT_TRUE(order) << order.error().what;
    answer(order->number, verdict, text);
  }

  testing_support::TestSystem outside;
  wire::SocketPair pair;
  std::optional<OrderClient> client;
  std::vector<std::string> answers;
};

TEST_F(OrderClientTest, EachAnswerFindsItsOrder) {
  start();
  ask("a");
  ask("b");
  const Result<wire::NumberedOrder> first = next_order();
  const Result<wire::NumberedOrder> second = next_order();
  ASSERT_TRUE(first && second);
  answer(second->number, Verdict::Done, "for b");
  answer(first->number, Verdict::Done, "for a");
  answer(first->number, Verdict::Done, "once more");
  EXPECT_EQ(answers, (std::vector<std::string>{"for b", "for a"}));
}

TEST_F(OrderClientTest, KeepsVerdictsForAWhile) {
  start(5);
  ask("a", 10);
  answer_next(Verdict::Done, "yes");
  ask("a", 3);  // what holds for 10 octets does for 3
  EXPECT_EQ(answers, std::vector<std::string>(2, "yes"));
  EXPECT_FALSE(next_order());
  outside.clock.time.seconds += 5;
  ask("a", 3);
  EXPECT_TRUE(next_order());
}

TEST_F(OrderClientTest, NeverKeepsTheAnswerOfADelivery) {
  start(5);
  ask("a", 0, Order::Kind::Deliver);
  answer_next(Verdict::Done, "delivered");
  ask("a", 0, Order::Kind::Deliver);
  EXPECT_TRUE(next_order());
}

TEST_F(OrderClientTest, WhenTheOtherSideHasGoneEveryAnswerIsLater) {
  start();
  ask("a");
  ask("b", 0, Order::Kind::Deliver);
  pair.theirs.reset();
  client->take_answers();
  EXPECT_TRUE(client->lost());
  ask("c");
  EXPECT_EQ(answers, std::vector<std::string>(3, "4.3.2 the delivery service has ended"));
}

TEST_F(OrderClientTest, AnAnswerThatMakesNoSenseEndsIt) {
  start();
  ask("a");
  EXPECT_TRUE(wire::send_datagram(pair.theirs.get(), "nonsense", -1, Wait::No));
  client->take_answers();
  EXPECT_TRUE(client->lost());
  EXPECT_EQ(answers.size(), 1U);
}

TEST_F(OrderClientTest, AFullDoorMakesOrdersWait) {
  start();
  const std::string longest(1000, 'x');
  const std::size_t many = kMaxOrdersSent + 100;
  for (std::size_t i = 0; i < many; ++i) ask(longest.c_str(), i);
  std::size_t most = 0;
  for (std::size_t done = 0; done < many;) {
    std::size_t here = 0;
    std::vector<std::uint64_t> numbers;
    for (Result<wire::NumberedOrder> each = next_order(); each; each = next_order(), ++here) {
      numbers.push_back(each->number);
    }
    ASSERT_GT(here, 0U);
    most = std::max(most, here);
    done += here;
    for (const std::uint64_t number : numbers) answer(number, Verdict::Done, "yes");
  }
  EXPECT_EQ(answers.size(), many);
  EXPECT_LE(most, kMaxOrdersSent);
}

/// A client that hears of users' processes; their end of each socket is ours.
class OrderClientWithRoutesTest : public OrderClientTest {
 protected:
  OrderClientWithRoutesTest() {
    EXPECT_TRUE(start().use_routes(
        [this](int, std::function<bool()> readable) { watched.push_back(std::move(readable)); },
        std::chrono::seconds{60}));
  }
  UniqueFd introduce(std::uint64_t child, const std::string& address) {
    wire::SocketPair made = wire::make_socket_pair().value();
    const Introduction introduction{child, 77, 100, 1000, address};
    EXPECT_TRUE(
        wire::send_datagram(pair.theirs.get(), encode(introduction), made.ours.get(), Wait::No));
    client->take_answers();
    return std::move(made.theirs);
  }
  void deliver(const char* local) { ask(local, 0, Order::Kind::Deliver); }
  static Result<RoutedOrder> routed(const UniqueFd& user) {
    const Result<wire::Datagram> got = wire::receive_datagram(user.get(), Wait::No);
    if (!got) return got.error();
    return decode_routed_order(got->bytes);
  }

  std::vector<std::function<bool()>> watched;
};

TEST_F(OrderClientWithRoutesTest, DeliveriesGoStraightAndVerdictsDoNot) {
  const UniqueFd user = introduce(5, "a@x");
  deliver("a");
  EXPECT_FALSE(next_order());
  EXPECT_TRUE(routed(user));
  ask("a");
  EXPECT_TRUE(next_order());
  deliver("b");  // another address
  EXPECT_TRUE(next_order());
  EXPECT_FALSE(routed(user));
}

TEST_F(OrderClientWithRoutesTest, WhatIsTooMuchForAProcessAtOnceGoesByTheDoor) {
  const UniqueFd user = introduce(5, "a@x");
  for (std::size_t i = 0; i < kMaxRoutedAtOnce; ++i) deliver("a");
  EXPECT_FALSE(next_order());
  deliver("a");
  EXPECT_TRUE(next_order());
}

TEST_F(OrderClientWithRoutesTest, NumbersAreTheSameForAll) {
  const UniqueFd user = introduce(5, "a@x");
  deliver("b");
  deliver("a");
  const Result<wire::NumberedOrder> by_door = next_order();
  const Result<RoutedOrder> straight = routed(user);
  ASSERT_TRUE(by_door && straight);
  EXPECT_NE(by_door->number, straight->number);
}

TEST_F(OrderClientWithRoutesTest, WhereTheServiceHasGoneThoseWithProcessesAreForLaterToo) {
  const UniqueFd user = introduce(5, "a@x");
  deliver("a");
  ask("b");
  pair.theirs.reset();
  client->take_answers();
  deliver("a");
  EXPECT_EQ(answers, std::vector<std::string>(3, "4.3.2 the delivery service has ended"));
}

TEST_F(OrderClientWithRoutesTest, ThoseWithProcessesCountAmongAllThatAreUnderWay) {
  std::vector<UniqueFd> users;
  for (std::size_t sent = 0; sent < kMaxOrdersSent; ++sent) {
    const std::string local = std::to_string(sent / kMaxRoutedAtOnce);
    if (sent % kMaxRoutedAtOnce == 0) users.push_back(introduce(1 + users.size(), local + "@x"));
    deliver(local.c_str());
  }
  ask("a");
  EXPECT_FALSE(next_order());
  const Result<RoutedOrder> straight = routed(users.front());
  ASSERT_TRUE(straight);
  const Answer said{Verdict::Done, "delivered"};
  EXPECT_TRUE(
      wire::send_datagram(users.front().get(), encode(straight->number, said), -1, Wait::No));
  for (const auto& readable : watched) readable();  // which makes room
  EXPECT_EQ(answers, std::vector<std::string>{"delivered"});
  EXPECT_TRUE(next_order());
}

}  // namespace
}  // namespace lbx::deliver
