// SPDX-License-Identifier: MIT
#include "service/auth/penalties.h"

#include <gtest/gtest.h>

namespace lbx::auth {
namespace {

using std::chrono::seconds;

constexpr Time kNow{seconds{1'000'000}};
constexpr Millis kBase{1000};

TEST(Penalties, GrowForAnAddressAndStopGrowing) {
  Penalties penalties{kBase};
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 10; ++i) {
    delays.push_back(penalties.delay("192.0.2.1", "", kNow).count());
    penalties.failed("192.0.2.1", "user" + std::to_string(i), kNow);
  }
  EXPECT_EQ(delays,
            (std::vector<std::int64_t>{0, 0, 1000, 2000, 4000, 8000, 16000, 16000, 16000, 16000}));
  EXPECT_EQ(penalties.delay("192.0.2.2", "", kNow).count(), 0);
}

TEST(Penalties, ForANameStaySmallSoThatNobodyIsLockedOut) {
  Penalties penalties{kBase};
  for (int i = 0; i < 1000; ++i) {
    penalties.failed("192.0.2." + std::to_string(i % 250), "joe", kNow);
  }
  EXPECT_EQ(penalties.delay("198.51.100.1", "joe", kNow), kBase * kNameFactor);
  EXPECT_EQ(penalties.delay("198.51.100.1", "jim", kNow).count(), 0);
}

TEST(Penalties, AreForgotten) {
  Penalties penalties{kBase};
  for (int i = 0; i < 4; ++i) penalties.failed("192.0.2.1", "", kNow);
  EXPECT_EQ(penalties.delay("192.0.2.1", "", kNow), kBase * 4);
  EXPECT_EQ(penalties.delay("192.0.2.1", "", kNow + kHalfLife), kBase);
  EXPECT_EQ(penalties.delay("192.0.2.1", "", kNow + 2 * kHalfLife).count(), 0);
}

TEST(Penalties, CountACustomersNetworkAsOnePlaceAndLoopbackAsNone) {
  Penalties penalties{kBase};
  for (int i = 0; i < 4; ++i) {
    for (const char* const each : {"2001:db8:1:2::1", "127.0.0.1", "::1"}) {
      penalties.failed(each, "", kNow);
    }
  }
  EXPECT_EQ(penalties.delay("2001:db8:1:2:ffff::9", "", kNow), kBase * 4);
  for (const char* const none :
       {"2001:db8:1:3::1", "127.0.0.1", "::ffff:127.0.0.1", "::1", "", "x"}) {
    EXPECT_EQ(penalties.delay(none, "", kNow).count(), 0) << none;
  }
}

TEST(Penalties, ABaseOfNothingCostsNothing) {
  Penalties penalties{Millis{0}};
  for (int i = 0; i < 100; ++i) penalties.failed("192.0.2.1", "joe", kNow);
  EXPECT_EQ(penalties.delay("192.0.2.1", "joe", kNow).count(), 0);
}

TEST(ScoreTable, IsBoundedAndForgetsTheOldestFirst) {
  ScoreTable table{3};
  for (const char* const key : {"a", "b", "c", "a", "d"}) table.add(key, kNow);
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.score("b", kNow), 0);
  EXPECT_EQ(table.score("a", kNow), 2);
  EXPECT_EQ(table.score("d", kNow), 1);
}

}  // namespace
}  // namespace lbx::auth
