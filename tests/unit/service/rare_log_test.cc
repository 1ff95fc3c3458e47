// SPDX-License-Identifier: MIT
#include "service/rare_log.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

using std::chrono::seconds;
constexpr RareLog::Time kNow{seconds{1000}};

TEST(RareLogTest, OneLineAMinuteAndTheNumberOfThoseLeftOut) {
  RareLog rare;
  EXPECT_EQ(rare.due("a", kNow), 0U);
  EXPECT_FALSE(rare.due("a", kNow + seconds{1}));
  EXPECT_FALSE(rare.due("a", kNow + seconds{59}));
  EXPECT_EQ(rare.due("b", kNow + seconds{1}), 0U);
  EXPECT_EQ(rare.due("a", kNow + RareLog::kInterval), 2U);
  EXPECT_FALSE(rare.due("a", kNow + RareLog::kInterval + seconds{1}));
}

TEST(RareLogTest, ItsMemoryIsBounded) {
  RareLog rare;
  for (std::size_t i = 0; i <= RareLog::kMaxKeys; ++i) rare.due(std::to_string(i), kNow);
  EXPECT_EQ(rare.due("0", kNow), 0U) << "forgotten, so it is said again";
}

}  // namespace
}  // namespace lbx
