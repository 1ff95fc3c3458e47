// SPDX-License-Identifier: MIT
#include "queue/retry.h"

#include <gmock/gmock.h>

#include <limits>
#include <vector>

namespace lbx::queue {
namespace {

using testing::ElementsAre;

std::vector<std::int64_t> first_attempts(std::int64_t step, int count) {
  std::vector<std::int64_t> times{0};
  while (--count > 0) times.push_back(next_attempt(0, times.back(), step));
  return times;
}

TEST(RetryTest, TriesAreThoseOfTheContract) {
  EXPECT_THAT(first_attempts(10, 5), ElementsAre(0, 100, 400, 900, 1600));
  EXPECT_THAT(first_attempts(20, 4), ElementsAre(0, 400, 1600, 3600));
}

TEST(RetryTest, AnAttemptThatCameLateShiftsTheNextOne) {
  EXPECT_EQ(next_attempt(0, 399, 10), 841);  // isqrt is 19
  EXPECT_EQ(next_attempt(1000, 1000 + 405, 10), 1000 + 900);
}

TEST(RetryTest, GapsNeverShrinkDuringAWeek) {
  std::int64_t gap = 0;
  for (std::int64_t now = 0; now < 604800;) {
    const std::int64_t next = next_attempt(0, now, 20);
    ASSERT_GE(next - now, gap);
    gap = next - now;
    now = next;
  }
}

TEST(RetryTest, AClockThatWasSetBackMakesNoMessageWaitForItsBirth) {
  EXPECT_EQ(next_attempt(1'000'000'000, 5, 10), 105);
  EXPECT_FALSE(is_last_attempt(1'000'000'000, 5, 0));
}

TEST(RetryTest, TheNextAttemptIsAlwaysLaterEvenWhereAClockIsAbsurd) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 2;
  for (const std::int64_t born : {-kMost, std::int64_t{0}, kMost}) {
    for (const std::int64_t now : {std::int64_t{1}, std::int64_t{1} << 41U, kMost}) {
      EXPECT_GT(next_attempt(born, now, 10), now) << born << ' ' << now;
    }
  }
}

TEST(RetryTest, TheLastAttemptIsTheFirstOneBeyondTheLifetime) {
  EXPECT_FALSE(is_last_attempt(100, 100 + 604800, 604800));
  EXPECT_TRUE(is_last_attempt(100, 100 + 604801, 604800));
  EXPECT_FALSE(is_last_attempt(100, 100, 0));
  EXPECT_TRUE(is_last_attempt(100, 101, 0));
}

}  // namespace
}  // namespace lbx::queue
