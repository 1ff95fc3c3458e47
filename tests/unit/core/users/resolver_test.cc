// SPDX-License-Identifier: MIT
#include "core/users/resolver.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/fake_accounts.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::users {
namespace {

// As in accounts_test.cc: a home that does not belong to root.
class ResolverTest : public testing::Test {
 protected:
  ResolverTest() {
    if (::geteuid() == 0 && ::chown(scratch.path().c_str(), 1, 1) != 0) ADD_FAILURE();
    const uid_t owner = ::geteuid() == 0 ? 1 : ::geteuid();
    for (const char* name : {"joe", "alias"}) {
      accounts.known[name] = {name, owner, 1, scratch.path()};
    }
    scratch.make_directory("control");
    scratch.make_directory("users");
  }
  std::string to(const std::string& local, const std::string& domain) {
    const Result<Resolution> found = resolver.resolve(local, domain);
    if (!found) return "error: " + found.error().what;
    if (!found->mine()) return "foreign";
    const Controller& who = found->controller;
    return who.account.name + '|' + who.dash + '|' + who.ext;
  }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  testing_support::FakeAccounts accounts;
  control::ControlDirectory control{outside.files, scratch.path()};
  Resolver resolver{outside.system, accounts, control};
};

TEST_F(ResolverTest, WithoutAnyListEveryDomainIsOurs) {
  EXPECT_EQ(to("joe-x", "any.example"), "joe|-|x");
  EXPECT_EQ(to("nobody", "any.example"), "alias|-|nobody");
}

TEST_F(ResolverTest, MeIsTheOnlyLocalDomainWhereThereAreNoLocals) {
  scratch.write("control/me", "here.example\n");
  EXPECT_EQ(to("joe", "here.example"), "joe||");
  EXPECT_EQ(to("joe", "other.example"), "foreign");
  scratch.write("control/locals", "other.example\n");
  EXPECT_EQ(to("joe", "here.example"), "foreign");
  EXPECT_EQ(to("joe", "other.example"), "joe||");
}

TEST_F(ResolverTest, AVirtualDomainLeadsToItsUser) {
  scratch.write("control/virtualdomains", "shop.example:joe-shop\n");
  const Result<Resolution> found = resolver.resolve("info", "shop.example");
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->domain, Domain::Virtual);
  EXPECT_EQ(found->local, "joe-shop-info");
  EXPECT_EQ(found->host, "shop.example");
  EXPECT_EQ(found->virtual_entry, "shop.example:joe-shop");
  EXPECT_EQ(found->controller.ext, "shop-info");
  EXPECT_EQ(to("joe", "other.example"), "foreign");
}

TEST_F(ResolverTest, DelimitersAreASetting) {
  EXPECT_EQ(to("joe+x", "any.example"), "alias|-|joe+x");
  scratch.write("control/delimiters", "-+\n");
  EXPECT_EQ(to("joe+x-y", "any.example"), "joe|-|x-y");
}

TEST_F(ResolverTest, AnAccountDatabaseThatFailsIsNoAnswer) {
  accounts.broken = true;
  EXPECT_TRUE(to("joe", "any.example").starts_with("error: the directory service"));
}

}  // namespace
}  // namespace lbx::users
