// SPDX-License-Identifier: MIT
#include "deliver/order_client.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

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
  ask("a", 3);   // what holds for 10 octets does for 3
  ask("a", 11);  // not for 11
  EXPECT_EQ(answers.size(), 2U);
  answer_next(Verdict::Never, "too big");
  ask("a", 12);
  EXPECT_EQ(answers.back(), "too big");
  EXPECT_FALSE(next_order());
  ask("a", 5);
  EXPECT_TRUE(next_order());
  outside.clock.time.seconds += 5;
  ask("a", 12);
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

/// A client that hears of users' processes; the other end of the socket is ours.
class RoutesTest : public OrderClientTest {
 protected:
  RoutesTest() {
    EXPECT_TRUE(start().use_routes(
        [this](int fd, std::function<bool()> readable) { watched[fd] = std::move(readable); },
        std::chrono::seconds{60}));
    before = watched.size();
  }
  void tell(const Introduction& introduction, int fd = -1) {
    EXPECT_TRUE(wire::send_datagram(pair.theirs.get(), encode(introduction), fd, Wait::No));
    client->take_answers();
  }
  void introduce(std::uint64_t seconds = 100) {
    wire::SocketPair made = wire::make_socket_pair().value();
    user = std::move(made.theirs);
    tell({5, 77, seconds, 1000, "a@x"}, made.ours.get());
  }
  void deliver() { ask("a", 0, Order::Kind::Deliver); }
  Result<RoutedOrder> routed() {
    const Result<wire::Datagram> got = wire::receive_datagram(user.get(), Wait::No);
    if (!got) return got.error();
    return decode_routed_order(got->bytes);
  }
  void say(std::uint64_t number, const char* text) {
    const Answer said{Verdict::Done, text};
    EXPECT_TRUE(wire::send_datagram(user.get(), encode(number, said), -1, Wait::No));
  }
  /// The loop runs what is ready.
  void look() {
    for (auto each = watched.begin(); each != watched.end();) {
      each = each->second() ? std::next(each) : watched.erase(each);
    }
  }

  std::map<int, std::function<bool()>> watched;
  std::size_t before{0};
  UniqueFd user;
};

TEST_F(RoutesTest, DeliveriesGoStraightAndVerdictsDoNot) {
  introduce();
  deliver();
  EXPECT_FALSE(next_order());
  const Result<RoutedOrder> order = routed();
  ASSERT_TRUE(order) << order.error().what;
  EXPECT_EQ(order->route, 77U);
  say(order->number, "straight");
  look();
  EXPECT_EQ(answers, std::vector<std::string>{"straight"});
  ask("a");
  EXPECT_TRUE(next_order());
  ask("b", 0, Order::Kind::Deliver);  // another address
  EXPECT_TRUE(next_order());
  EXPECT_FALSE(routed());
}

TEST_F(RoutesTest, ARouteIsForSomeSeconds) {
  introduce(0);
  deliver();
  EXPECT_TRUE(next_order());
  EXPECT_FALSE(routed());
}

TEST_F(RoutesTest, WhatAProcessLeavesUnansweredIsForLater) {
  introduce();
  deliver();
  deliver();
  const Result<RoutedOrder> order = routed();
  ASSERT_TRUE(order);
  say(order->number, "one");
  user.reset();
  look();
  EXPECT_EQ(answers,
            (std::vector<std::string>{"one", "4.3.0 the user's delivery process has ended"}));
  EXPECT_EQ(watched.size(), before);
  deliver();
  EXPECT_TRUE(next_order());
}

TEST_F(RoutesTest, NobodySpeaksForOthersMail) {
  introduce();
  ask("b", 0, Order::Kind::Deliver);
  const Result<wire::NumberedOrder> other = next_order();
  ASSERT_TRUE(other);
  deliver();
  say(other->number, "forged");
  look();
  EXPECT_EQ(answers, std::vector<std::string>{"4.3.0 the user's delivery process has ended"});
}

TEST_F(RoutesTest, AProcessThatIsToEndIsLetGoWhenItHasAnswered) {
  introduce();
  deliver();
  const Result<RoutedOrder> order = routed();
  ASSERT_TRUE(order);
  tell({5, 0, 0, 0, ""});
  deliver();
  EXPECT_TRUE(next_order());
  say(order->number, "last");
  look();
  EXPECT_EQ(answers, std::vector<std::string>{"last"});
  EXPECT_EQ(watched.size(), before);
  const Result<wire::Datagram> end = wire::receive_datagram(user.get(), Wait::No);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->bytes.empty());
}

TEST_F(RoutesTest, SoManyRoutesAreKnownAtOnce) {
  introduce();
  for (std::uint64_t i = 1; i < kMaxRoutes; ++i) tell({5, 77 + i, 100, 1000, std::to_string(i)});
  deliver();
  EXPECT_TRUE(routed());
  tell({5, 1, 100, 1000, "one@more"});
  deliver();
  EXPECT_FALSE(routed());
  EXPECT_TRUE(next_order());
}

TEST_F(RoutesTest, WhatIsTooMuchAtOnceGoesByTheDoor) {
  introduce();
  for (std::size_t i = 0; i < kMaxRoutedAtOnce; ++i) deliver();
  EXPECT_FALSE(next_order());
  deliver();
  EXPECT_TRUE(next_order());
}

}  // namespace
}  // namespace lbx::deliver
