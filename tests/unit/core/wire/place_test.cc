// SPDX-License-Identifier: MIT
#include "core/wire/place.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(PlaceTest, ACustomersNetworkIsOnePlace) {
  EXPECT_EQ(place_of("2001:db8:1:2::1"), place_of("2001:db8:1:2:ffff::9"));
  EXPECT_NE(place_of("2001:db8:1:2::1"), place_of("2001:db8:1:3::1"));
  EXPECT_EQ(place_of("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_NE(place_of("192.0.2.1"), place_of("192.0.2.2"));
  for (const char* const none : {"", "x", "uid 5", "192.0.2.1:5"}) EXPECT_EQ(place_of(none), "");
}

TEST(PlaceTest, LoopbackIsKnownInEverySpelling) {
  for (const char* const each : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(each)) << each;
  }
  for (const char* const each : {"128.0.0.1", "::2", "::", "", "x"}) {
    EXPECT_FALSE(is_loopback(each)) << each;
  }
}

}  // namespace
}  // namespace lbx
