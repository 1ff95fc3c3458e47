// SPDX-License-Identifier: MIT
#include "service/census.h"

#include <gtest/gtest.h>

#include <vector>

namespace lbx {
namespace {

TEST(CensusTest, NoMoreThanSoManyAreFromOnePlace) {
  Census census{10, 2};
  std::vector<std::optional<Seat>> seats;
  seats.push_back(Seat::take(census, "192.0.2.1"));
  seats.push_back(Seat::take(census, "192.0.2.1"));
  EXPECT_FALSE(Seat::take(census, "192.0.2.1"));
  EXPECT_TRUE(Seat::take(census, "192.0.2.2"));
  seats.pop_back();
  EXPECT_TRUE(Seat::take(census, "192.0.2.1"));
}

TEST(CensusTest, AnIpv6NetworkIsOnePlace) {
  Census census{10, 1};
  const auto seat = Seat::take(census, "2001:db8::1");
  EXPECT_FALSE(Seat::take(census, "2001:db8::ffff:2"));
  EXPECT_TRUE(Seat::take(census, "2001:db8:0:1::1"));
}

TEST(CensusTest, NoMoreThanSoManyAreThereInAll) {
  Census census{2, 2};
  const auto one = Seat::take(census, "192.0.2.1");
  const auto two = Seat::take(census, "uid 5");
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(Seat::take(census, "192.0.2.3"));
}

}  // namespace
}  // namespace lbx
