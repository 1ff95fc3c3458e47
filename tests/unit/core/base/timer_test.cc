// SPDX-License-Identifier: MIT
#include "core/base/timer.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace lbx {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::hours kFarOff{1};

bool readable(const Timer& timer, int wait_ms = 0) {
  pollfd asked{timer.fd(), POLLIN, 0};
  return ::poll(&asked, 1, wait_ms) == 1;
}

TEST(TimerTest, IsReadableWhenItsTimeIsOver) {
  const Timer timer = Timer::after(1ms).value();
  EXPECT_TRUE(readable(timer, 10'000));
  EXPECT_FALSE(readable(Timer::after(kFarOff).value()));
}

TEST(TimerTest, OneThatStandsWaitsForItsStart) {
  Timer timer = Timer::stopped().value();
  EXPECT_FALSE(readable(timer));
  ASSERT_TRUE(timer.restart(1ms));
  EXPECT_TRUE(readable(timer, 10'000));
}

TEST(TimerTest, StoppingAndStartingAnewTakeBackThatItsTimeIsOver) {
  Timer timer = Timer::after(1ms).value();
  ASSERT_TRUE(readable(timer, 10'000));
  ASSERT_TRUE(timer.stop());
  EXPECT_FALSE(readable(timer));
  ASSERT_TRUE(timer.restart(1ms));
  ASSERT_TRUE(readable(timer, 10'000));
  ASSERT_TRUE(timer.restart(kFarOff));
  EXPECT_FALSE(readable(timer));
}

TEST(TimerTest, NoTimeAtAllDoesNotSwitchItOff) {
  EXPECT_TRUE(readable(Timer::after(0ms).value(), 10'000));
}

}  // namespace
}  // namespace lbx
