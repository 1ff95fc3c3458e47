// SPDX-License-Identifier: MIT
#include "core/base/randomness.h"

#include <gtest/gtest.h>

#include <set>

namespace lbx {
namespace {

TEST(RandomnessTest, EveryBitTakesBothValuesAndNothingRepeats) {
  SystemRandomness randomness;
  std::set<std::uint64_t> seen;
  std::uint64_t ones = 0;
  std::uint64_t zeros = 0;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t bits = randomness.bits64();
    ones |= bits;
    zeros |= ~bits;
    seen.insert(bits);
  }
  EXPECT_EQ(seen.size(), 200U);
  EXPECT_EQ(ones, ~std::uint64_t{0});
  EXPECT_EQ(zeros, ~std::uint64_t{0});
}

}  // namespace
}  // namespace lbx
