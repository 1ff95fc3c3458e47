// SPDX-License-Identifier: MIT
#include "deliver/route_client.h"

#include <gmock/gmock.h>

#include "core/wire/datagram.h"

namespace lbx::deliver {
namespace {

using testing::ElementsAre;
using wire::Wait;

constexpr const char* kEnded = "4.3.0 the user's delivery process has ended";

/// The user's process is us, by one end of a socket; so is the loop.
class RouteClientTest : public testing::Test {
 protected:
  void SetUp() override { start(60); }
  void start(int delivery_seconds) {
    watched.clear();
    auto opened = RouteClient::open(
        [this](int fd, std::function<bool()> readable) { watched[fd] = std::move(readable); },
        std::chrono::seconds{delivery_seconds});
    ASSERT_TRUE(opened) << opened.error().what;
    routes = std::move(opened).value();
    clock = watched.begin()->first;
  }
  void introduce(std::uint64_t seconds = 100) {
    wire::SocketPair made = wire::make_socket_pair().value();
    user = std::move(made.theirs);
    routes->take({5, 77, seconds, 1000, "a@x"}, std::move(made.ours));
  }
  /// A process that has been introduced shall end.
  void say_farewell() { routes->take({5, 0, 0, 0, ""}, {}); }
  bool deliver(const char* local = "a") {
    Postmaster::Answered answered = [this](const Answer& answer) {
      answers.push_back(answer.text);
    };
    return routes->send(next++, {Order::Kind::Deliver, local, "x", "s@y", 3, "try"}, -1, answered);
  }
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
  bool watches_only_the_clock() const { return watched.size() == 1 && watched.contains(clock); }

  std::map<int, std::function<bool()>> watched;
  std::unique_ptr<RouteClient> routes;
  int clock{-1};
  UniqueFd user;
  std::uint64_t next{1};
  std::vector<std::string> answers;
};

TEST_F(RouteClientTest, AnOrderGoesToWhoeverDeliversForItsAddress) {
  EXPECT_FALSE(deliver());
  introduce();
  EXPECT_FALSE(deliver("b"));
  ASSERT_TRUE(deliver());
  EXPECT_EQ(routes->under_way(), 1U);
  const Result<RoutedOrder> order = routed();
  ASSERT_TRUE(order) << order.error().what;
  EXPECT_EQ(order->number, next - 1);
  EXPECT_EQ(order->route, 77U);
  EXPECT_EQ(order->size, 3U);
  EXPECT_EQ(order->sender, "s@y");
  EXPECT_EQ(order->attempt, "try");
  say(order->number, "straight");
  look();
  EXPECT_THAT(answers, ElementsAre("straight"));
  EXPECT_EQ(routes->under_way(), 0U);
}

TEST_F(RouteClientTest, ARouteIsForSomeSeconds) {
  introduce(0);
  EXPECT_FALSE(deliver());
  EXPECT_FALSE(routed());
}

TEST_F(RouteClientTest, WhatAProcessLeavesUnansweredIsForLater) {
  introduce();
  deliver();
  deliver();
  const Result<RoutedOrder> order = routed();
  ASSERT_TRUE(order);
  say(order->number, "one");
  user.reset();
  look();
  EXPECT_THAT(answers, ElementsAre("one", kEnded));
  EXPECT_TRUE(watches_only_the_clock());
  EXPECT_FALSE(deliver());
}

TEST_F(RouteClientTest, NobodySpeaksForOthersMail) {
  introduce();
  deliver();
  say(next, "forged");
  look();
  EXPECT_THAT(answers, ElementsAre(kEnded));
  EXPECT_TRUE(watches_only_the_clock());
}

TEST_F(RouteClientTest, AnAnswerThatMakesNoSenseEndsTheChannel) {
  introduce();
  deliver();
  EXPECT_TRUE(wire::send_datagram(user.get(), "nonsense", -1, Wait::No));
  look();
  EXPECT_THAT(answers, ElementsAre(kEnded));
  EXPECT_TRUE(watches_only_the_clock());
}

TEST_F(RouteClientTest, AProcessThatIsToEndIsLetGoWhenItHasAnswered) {
  introduce();
  deliver();
  const Result<RoutedOrder> order = routed();
  ASSERT_TRUE(order);
  say_farewell();
  EXPECT_FALSE(deliver());
  say(order->number, "last");
  look();
  EXPECT_THAT(answers, ElementsAre("last"));
  EXPECT_TRUE(watches_only_the_clock());
  const Result<wire::Datagram> end = wire::receive_datagram(user.get(), Wait::No);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->bytes.empty());
}

TEST_F(RouteClientTest, AProcessThatIsToEndAndHasNothingIsLetGoAtOnce) {
  introduce();
  say_farewell();
  const Result<wire::Datagram> end = wire::receive_datagram(user.get(), Wait::No);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->bytes.empty());
  look();
  EXPECT_TRUE(watches_only_the_clock());
}

TEST_F(RouteClientTest, ADeliveryThatTakesLongIsForLaterAndItsEndIsNoNews) {
  start(-1);  // its time is over when it begins
  introduce();
  deliver();
  const Result<RoutedOrder> order = routed();
  ASSERT_TRUE(order);
  watched.at(clock)();
  EXPECT_THAT(answers, ElementsAre("4.4.7 the delivery takes long; it goes on"));
  EXPECT_EQ(routes->under_way(), 0U);
  say(order->number, "done after all");
  look();
  EXPECT_EQ(answers.size(), 1U);
  EXPECT_TRUE(deliver());  // the process goes on
}

TEST_F(RouteClientTest, WhereNobodyWaitsAnyLongerAllAreAnswered) {
  introduce();
  deliver();
  deliver();
  routes->answer_all(answer_later("over"));
  EXPECT_THAT(answers, ElementsAre("over", "over"));
  EXPECT_EQ(routes->under_way(), 0U);
}

TEST_F(RouteClientTest, SoManyRoutesAreKnownAtOnce) {
  introduce();
  for (std::uint64_t i = 1; i < kMaxRoutes; ++i) {
    routes->take({5, 77 + i, 100, 1000, std::to_string(i)}, {});
  }
  EXPECT_TRUE(deliver());
  routes->take({5, 1, 100, 1000, "one@more"}, {});
  EXPECT_FALSE(deliver());
}

TEST_F(RouteClientTest, SoManyOrdersAreWithAProcessAtOnce) {
  introduce();
  for (std::size_t i = 0; i < kMaxRoutedAtOnce; ++i) EXPECT_TRUE(deliver());
  EXPECT_FALSE(deliver());
  EXPECT_EQ(routes->under_way(), kMaxRoutedAtOnce);
}

}  // namespace
}  // namespace lbx::deliver
