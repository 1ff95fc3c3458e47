// SPDX-License-Identifier: MIT
#include "deliver/resolution_cache.h"

#include <gtest/gtest.h>

#include "support/fake_accounts.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

constexpr uid_t kFirst = 1001;
constexpr uid_t kSecond = 1002;

/// Which user id an address comes to tells when it was looked up.
class ResolutionCacheTest : public testing::Test {
 protected:
  ResolutionCacheTest()
      : control{outside.files, scratch.path("")},
        resolver{outside.system, accounts, control},
        cache{resolver, std::chrono::seconds{5}} {
    scratch.make_directory("control");
    scratch.write("control/locals", "here.example\n");
    alias_is(kFirst);
  }
  /// Who delivers for every address that is nobody's.
  void alias_is(uid_t uid) { accounts.known["alias"] = {"alias", uid, uid, "/alias"}; }
  static Order order_for(const std::string& local, Order::Kind kind = Order::Kind::Deliver) {
    return {kind, local, "here.example", "", 0, ""};
  }
  /// 0: an error.
  uid_t uid_of(const Order& order, std::int64_t now) {
    const Result<ResolutionCache::Entry*> found = cache.find(order, now);
    return found ? (*found)->resolution.controller.account.uid : 0;
  }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  testing_support::FakeAccounts accounts;
  control::ControlDirectory control;
  users::Resolver resolver;
  ResolutionCache cache;
};

TEST_F(ResolutionCacheTest, RemembersForSomeSeconds) {
  const Order order = order_for("info-ext");
  EXPECT_EQ(uid_of(order, 100), kFirst);
  alias_is(kSecond);
  EXPECT_EQ(uid_of(order, 104), kFirst);
  EXPECT_EQ(uid_of(order, 105), kSecond);
}

TEST_F(ResolutionCacheTest, ForgetsWithItWhoWasOfferedTheRoute) {
  const Order order = order_for("info-ext");
  (*cache.find(order, 100))->offered_to = 7;
  EXPECT_EQ((*cache.find(order, 104))->offered_to, 7U);
  EXPECT_EQ(cache.seconds_left(**cache.find(order, 104), 104), 1);
  EXPECT_EQ((*cache.find(order, 105))->offered_to, 0U);
  EXPECT_EQ(cache.seconds_left(**cache.find(order, 105), 105), 5);
}

TEST_F(ResolutionCacheTest, ErrorsAreNotRemembered) {
  accounts.broken = true;
  EXPECT_FALSE(cache.find(order_for("info-ext"), 100));
  accounts.broken = false;
  EXPECT_EQ(uid_of(order_for("info-ext"), 100), kFirst);
}

TEST_F(ResolutionCacheTest, WhatTheQueueHasRoutedIsAnotherQuestion) {
  Order order = order_for("info-ext");
  order.domain = "elsewhere.example";
  const Result<ResolutionCache::Entry*> foreign = cache.find(order, 100);
  ASSERT_TRUE(foreign) << foreign.error().what;
  EXPECT_FALSE((*foreign)->resolution.mine());
  order.kind = Order::Kind::Local;
  const Result<ResolutionCache::Entry*> routed = cache.find(order, 100);
  ASSERT_TRUE(routed) << routed.error().what;
  EXPECT_TRUE((*routed)->resolution.mine());
}

TEST_F(ResolutionCacheTest, SoManyAreRememberedAtOnce) {
  for (std::size_t i = 0; i < kMaxCachedResolutions; ++i) {
    ASSERT_EQ(uid_of(order_for("info-" + std::to_string(i)), 100), kFirst);
  }
  alias_is(kSecond);
  EXPECT_EQ(uid_of(order_for("info-0"), 100), kFirst);
  EXPECT_EQ(uid_of(order_for("info-more"), 100), kSecond);
  EXPECT_EQ(uid_of(order_for("info-0"), 100), kSecond);
}

}  // namespace
}  // namespace lbx::deliver
