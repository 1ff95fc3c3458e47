// SPDX-License-Identifier: MIT
#include "core/users/resolver.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "core/users/database_file.h"
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
  void assign(const std::string& lines) {
    scratch.write("users/assign", lines + ".\n");
    ASSERT_TRUE(rebuild_database(outside.files, scratch.path()));
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

TEST_F(ResolverTest, AssignmentsGoBeforeAccountsBeforeTheAliasUser) {
  assign("=joe:boss:7:8:/b:::\n+sales-:boss:7:8:/b:-:s-:\n");
  const Result<Resolution> found = resolver.resolve("Sales-X", "any.example");
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->source, Resolution::Source::Assignment);
  EXPECT_EQ(found->assignment, "+sales-");
  EXPECT_EQ(found->controller.ext, "s-X");
  EXPECT_EQ(found->controller.account.gid, 8U);
  EXPECT_EQ(to("joe", "any.example"), "boss||");
  EXPECT_EQ(resolver.resolve("joe-x", "any.example")->source, Resolution::Source::Account);
  EXPECT_EQ(resolver.resolve("nobody", "any.example")->source, Resolution::Source::Alias);
}

TEST_F(ResolverTest, WhatIsLocalAlreadyIsNotRoutedAgain) {
  scratch.write("control/locals", "here.example\n");
  scratch.write("control/virtualdomains", ":joe\n");
  const Result<Resolution> found = resolver.resolve_local("joe-x", "elsewhere.example");
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_TRUE(found->mine());
  EXPECT_EQ(found->local, "joe-x");
  EXPECT_EQ(found->host, "elsewhere.example");
}

TEST_F(ResolverTest, NobodyDeliversAsRoot) {
  for (const char* uid : {"0", "000", ""}) {
    assign(std::string{"=big:root:"} + uid + ":0:/root:::\n");
    EXPECT_EQ(to("big", "any.example"), "error: Not allowed to perform deliveries as root.") << uid;
  }
}

TEST_F(ResolverTest, ACdbThatCannotBeReadIsNotAMissingOne) {
  scratch.write("users/cdb", "");
  EXPECT_EQ(to("joe", "any.example"), "error: Trouble reading users/cdb in qmail-lspawn.");
  assign("=joe:joe:x:1:/:::\n");
  EXPECT_EQ(to("joe", "any.example"), "error: Trouble reading users/cdb in qmail-lspawn.");
}

TEST_F(ResolverTest, SettledFilesAreReadOnceAndChangedOnesAnew) {
  outside.clock.time.seconds = 4'000'000'000;  // long after the files were written
  assign("=x:boss:7:8:/b:::\n");
  scratch.write("control/locals", "here.example\n");
  const auto opened_by = [&](const std::string& local) {
    const std::size_t before = outside.files.journal().size();
    EXPECT_EQ(to(local, "here.example"), "boss||");
    const auto& calls = outside.files.journal();
    return std::count_if(calls.begin() + static_cast<std::ptrdiff_t>(before), calls.end(),
                         [](const std::string& call) { return call.starts_with("open"); });
  };
  EXPECT_GT(opened_by("x"), 0);
  EXPECT_EQ(opened_by("x"), 0);
  assign("=other:boss:7:8:/b:::\n");
  EXPECT_EQ(to("x", "here.example"), "alias|-|x");
  scratch.write("control/locals", "there.example\n");
  EXPECT_EQ(to("other", "here.example"), "foreign");
  EXPECT_EQ(::unlink(scratch.path("users/cdb").c_str()), 0);
  EXPECT_EQ(to("other", "there.example"), "alias|-|other");
}

TEST_F(ResolverTest, FreshFilesAreReadEachTime) {
  outside.clock.time.seconds = 0;  // as if they had been written this very second
  scratch.write("control/locals", "here.example\n");
  EXPECT_EQ(to("joe", "here.example"), "joe||");
  const std::size_t before = outside.files.journal().size();
  EXPECT_EQ(to("joe", "here.example"), "joe||");
  const auto& calls = outside.files.journal();
  EXPECT_NE(std::find_if(calls.begin() + static_cast<std::ptrdiff_t>(before), calls.end(),
                         [](const std::string& call) { return call.starts_with("open"); }),
            calls.end());
}

TEST_F(ResolverTest, AControlFileThatCannotBeReadIsAnError) {
  scratch.write("control/locals", "here.example\n");
  outside.files.fail_every("open", EACCES);
  EXPECT_TRUE(to("joe", "here.example").starts_with("error: "));
}

TEST_F(ResolverTest, AnAccountDatabaseThatFailsIsNoAnswer) {
  accounts.broken = true;
  EXPECT_TRUE(to("joe", "any.example").starts_with("error: the directory service"));
}

}  // namespace
}  // namespace lbx::users
