// SPDX-License-Identifier: MIT
#include "service/access.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace lbx {
namespace {

class OneAccount final : public users::Accounts {
 public:
  Result<std::optional<users::Account>> by_name(const std::string& name) override {
    if (name != "postfix") return std::optional<users::Account>{};
    return std::optional{users::Account{name, 4711, 4711, "/"}};
  }
};

TEST(Access, RootWeOurselvesAndLoopbackAreLetIn) {
  const Access access;
  EXPECT_TRUE(access.allows(Peer{"uid 0", 0}));
  EXPECT_TRUE(access.allows(::geteuid()));
  EXPECT_FALSE(access.allows(Peer{"uid 4711", 4711}));
  EXPECT_TRUE(access.allows(Peer{"127.0.0.1", {}}));
  EXPECT_TRUE(access.allows(Peer{"::1", {}}));
  EXPECT_TRUE(access.allows(Peer{"::ffff:127.0.0.1", {}}));
  EXPECT_FALSE(access.allows(Peer{"128.0.0.1", {}}));
  EXPECT_FALSE(access.allows(Peer{"", {}}));
}

TEST(Access, UsersAndNetworksAreAdded) {
  Access access;
  OneAccount accounts;
  ASSERT_TRUE(access.add_users(accounts, {"postfix", "42"}));
  EXPECT_TRUE(access.allows(4711));
  EXPECT_TRUE(access.allows(42));
  EXPECT_FALSE(access.allows(43));
  EXPECT_FALSE(access.add_users(accounts, {"postfx"}));
  ASSERT_TRUE(access.add_networks({"192.0.2.128/25", "2001:db8::/33", "10.1.2.3"}));
  EXPECT_TRUE(access.allows(Peer{"192.0.2.200", {}}));
  EXPECT_FALSE(access.allows(Peer{"192.0.2.127", {}}));
  EXPECT_TRUE(access.allows(Peer{"2001:db8:7fff::1", {}}));
  EXPECT_FALSE(access.allows(Peer{"2001:db8:8000::1", {}}));
  EXPECT_TRUE(access.allows(Peer{"10.1.2.3", {}}));
  EXPECT_FALSE(access.allows(Peer{"10.1.2.4", {}}));
}

TEST(UserId, IsANameOrANumberThatCanBeOne) {
  OneAccount accounts;
  EXPECT_EQ(*user_id(accounts, "postfix"), 4711U);
  EXPECT_EQ(*user_id(accounts, "0"), 0U);
  EXPECT_EQ(*user_id(accounts, "4294967294"), 4'294'967'294U);
  for (const char* each : {"", "postfx", "-1", "4294967295", "4294967296", "1x"}) {
    EXPECT_FALSE(user_id(accounts, each)) << each;
  }
}

TEST(Access, RefusesWhatIsNoNetwork) {
  for (const char* each : {"", "x", "1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/-1", "1.2.3/8"}) {
    EXPECT_FALSE(Network::parse(each)) << each;
  }
  EXPECT_TRUE(Network::parse("0.0.0.0/0")->contains("9.9.9.9"));
  EXPECT_FALSE(Network::parse("0.0.0.0/0")->contains("2001:db8::1"));
}

}  // namespace
}  // namespace lbx
