// SPDX-License-Identifier: MIT
#include "core/base/event_loop.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "core/base/process.h"

namespace lbx {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class EventLoopTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = EventLoop::open();
    ASSERT_TRUE(opened) << opened.error().what;
    loop = std::move(opened).value();
  }

  std::unique_ptr<EventLoop> loop;
};

TEST_F(EventLoopTest, CallsWhenADescriptorBecomesReadable) {
  const Pipe pipe = make_pipe().value();
  std::vector<char> got;
  ASSERT_TRUE(loop->watch(pipe.read_end.get(), EventLoop::Interest::Read, [&] {
    char octet = 0;
    ASSERT_EQ(::read(pipe.read_end.get(), &octet, 1), 1);
    got.push_back(octet);
    if (octet == 'b') loop->stop();
  }));
  ASSERT_EQ(::write(pipe.write_end.get(), "ab", 2), 2);
  ASSERT_TRUE(loop->run());
  EXPECT_THAT(got, ElementsAre('a', 'b'));
}

TEST_F(EventLoopTest, TimersAreCalledInTheirOrderAndCancelledOnesNever) {
  std::vector<int> called;
  loop->after(2ms, [&] {
    called.push_back(2);
    loop->stop();
  });
  loop->after(0ms, [&] { called.push_back(0); });
  const EventLoop::TimerKey cancelled = loop->after(1ms, [&] { called.push_back(-1); });
  loop->after(1ms, [&] { called.push_back(1); });
  loop->cancel(cancelled);
  ASSERT_TRUE(loop->run());
  EXPECT_THAT(called, ElementsAre(0, 1, 2));
}

TEST_F(EventLoopTest, WhatOtherThreadsPostComesInItsOrder) {
  constexpr int kMany = 1000;
  std::vector<int> got;
  std::thread other{[&] {
    for (int i = 0; i < kMany; ++i) {
      loop->post([&got, i] { got.push_back(i); });
    }
    loop->post([&] { loop->stop(); });
  }};
  ASSERT_TRUE(loop->run());
  other.join();
  ASSERT_EQ(got.size(), kMany);
  EXPECT_TRUE(std::ranges::is_sorted(got));
}

TEST_F(EventLoopTest, ACallbackMayForgetItselfAndTheOthers) {
  const Pipe one = make_pipe().value();
  const Pipe two = make_pipe().value();
  int calls = 0;
  const auto forget_both = [&] {
    ++calls;
    loop->forget(one.read_end.get());
    loop->forget(two.read_end.get());
    loop->after(1ms, [&] { loop->stop(); });
  };
  ASSERT_TRUE(loop->watch(one.read_end.get(), EventLoop::Interest::Read, forget_both));
  ASSERT_TRUE(loop->watch(two.read_end.get(), EventLoop::Interest::Read, forget_both));
  ASSERT_EQ(::write(one.write_end.get(), "a", 1), 1);
  ASSERT_EQ(::write(two.write_end.get(), "a", 1), 1);
  ASSERT_TRUE(loop->run());
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, EachTurnEndsWithItsCall) {
  std::vector<int> order;
  loop->each_turn([&] { order.push_back(2); });
  loop->post([&] {
    order.push_back(1);
    loop->stop();
  });
  ASSERT_TRUE(loop->run());
  EXPECT_THAT(order, ElementsAre(1, 2));
}

}  // namespace
}  // namespace lbx
