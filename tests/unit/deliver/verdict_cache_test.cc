// SPDX-License-Identifier: MIT
#include "deliver/verdict_cache.h"

#include <gtest/gtest.h>

#include "support/test_system.h"

namespace lbx::deliver {
namespace {

const Answer kYes{Verdict::Done, "yes"};
const Answer kNo{Verdict::Never, "no"};

Order order_for(const std::string& local, std::uint64_t size = 0) {
  return {Order::Kind::Verdict, local, "x", "", size, ""};
}

class VerdictCacheTest : public testing::Test {
 protected:
  testing_support::TestSystem outside;
  VerdictCache cache{outside.clock, std::chrono::seconds{5}};
};

TEST_F(VerdictCacheTest, KnowsWhatWasSaidOfThatVeryAddress) {
  cache.keep(order_for("a"), kYes);
  const Answer* const known = cache.find(order_for("a"));
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(*known, kYes);
  EXPECT_EQ(cache.find(order_for("b")), nullptr);
  Order elsewhere = order_for("a");
  elsewhere.domain = "y";
  EXPECT_EQ(cache.find(elsewhere), nullptr);
}

TEST_F(VerdictCacheTest, AYesHoldsForSmallerMessagesAndANoForLargerOnes) {
  cache.keep(order_for("a", 10), kYes);
  EXPECT_NE(cache.find(order_for("a", 10)), nullptr);
  EXPECT_NE(cache.find(order_for("a", 9)), nullptr);
  EXPECT_EQ(cache.find(order_for("a", 11)), nullptr);
  cache.keep(order_for("a", 11), kNo);
  EXPECT_NE(cache.find(order_for("a", 12)), nullptr);
  EXPECT_EQ(cache.find(order_for("a", 10)), nullptr);
}

TEST_F(VerdictCacheTest, ForgetsWithAgeAndWhereTheClockWentBack) {
  cache.keep(order_for("a"), kYes);
  cache.keep(order_for("b"), kYes);
  outside.clock.time.seconds += 4;
  EXPECT_NE(cache.find(order_for("a")), nullptr);
  outside.clock.time.seconds += 1;
  EXPECT_EQ(cache.find(order_for("a")), nullptr);
  outside.clock.time.seconds -= 6;
  EXPECT_EQ(cache.find(order_for("b")), nullptr);
}

TEST_F(VerdictCacheTest, WithoutAnAgeNothingIsKept) {
  VerdictCache none{outside.clock, std::chrono::seconds{0}};
  none.keep(order_for("a"), kYes);
  EXPECT_EQ(none.find(order_for("a")), nullptr);
}

TEST_F(VerdictCacheTest, SoManyAreKeptAtOnce) {
  for (std::size_t i = 0; i < kMaxCachedVerdicts; ++i) {
    cache.keep(order_for(std::to_string(i)), kYes);
  }
  EXPECT_NE(cache.find(order_for("0")), nullptr);
  cache.keep(order_for("one more"), kYes);
  EXPECT_EQ(cache.find(order_for("0")), nullptr);
  EXPECT_NE(cache.find(order_for("one more")), nullptr);
}

}  // namespace
}  // namespace lbx::deliver
