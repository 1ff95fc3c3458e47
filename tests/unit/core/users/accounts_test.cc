// SPDX-License-Identifier: MIT
#include "core/users/accounts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "support/fake_accounts.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::users {
namespace {

using testing_support::FakeAccounts;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

// Root owns nothing here that counts, so accounts have the uid of whoever owns the scratch
// directory, made 1 where that is root.
class AccountsTest : public testing::Test {
 protected:
  AccountsTest() {
    if (::geteuid() == 0 && ::chown(scratch.path().c_str(), 1, 1) != 0) ADD_FAILURE();
    owner = ::geteuid() == 0 ? 1 : ::geteuid();
    for (const char* name : {"joe", "joe-list", "alias"}) add(name, owner);
  }
  void add(const std::string& name, uid_t uid) {
    accounts.known[name] = {name, uid, 1, scratch.path()};
  }
  std::string found(std::string_view local, const LookupRules& rules = {}) {
    const Result<Controller> who = find_controller(accounts, outside.files, local, rules);
    if (!who) return "error: " + who.error().what;
    return who->account.name + '|' + who->dash + '|' + who->ext;
  }

  ScratchDirectory scratch;
  TestSystem outside;
  FakeAccounts accounts;
  uid_t owner;
};

TEST_F(AccountsTest, TheLongestPrefixThatIsAnAccountTakesIt) {
  EXPECT_EQ(found("joe"), "joe||");
  EXPECT_EQ(found("joe-x"), "joe|-|x");
  EXPECT_EQ(found("joe-list-x"), "joe-list|-|x");
  EXPECT_EQ(found("joe-"), "joe|-|");
}

TEST_F(AccountsTest, NamesAreLowerCaseExtensionsKeepTheirs) {
  EXPECT_EQ(found("JOE-Foo"), "joe|-|Foo");
}

TEST_F(AccountsTest, WhatFitsNobodyGoesToAliasWhole) {
  EXPECT_EQ(found("joey"), "alias|-|joey");
  EXPECT_EQ(found("Info-x"), "alias|-|Info-x");
}

TEST_F(AccountsTest, RootAndStrangersHomesDoNotCount) {
  add("root", 0);
  add("guest", owner + 1);
  EXPECT_EQ(found("root"), "alias|-|root");
  EXPECT_EQ(found("guest"), "alias|-|guest");
}

TEST_F(AccountsTest, AMissingHomeDoesNotCountAndADiskThatFailsWaits) {
  accounts.known["joe"].home = scratch.path("nothere");
  EXPECT_EQ(found("joe"), "alias|-|joe");
  outside.files.fail_every("stat", ESTALE);
  EXPECT_TRUE(found("joe").starts_with("error:"));
}

TEST_F(AccountsTest, ThePrefixEndsAtADelimiterOnly) {
  EXPECT_EQ(found("joe+x", {"+", "alias"}), "joe|-|x");
  EXPECT_EQ(found("joe+x"), "alias|-|joe+x");
  EXPECT_EQ(found("joe-x", {"", "alias"}), "alias|-|joe-x");
}

TEST_F(AccountsTest, EachOfSeveralDelimitersEndsAPrefixAndThoseInsideStay) {
  const LookupRules rules{"-+", "alias"};
  EXPECT_EQ(found("joe+x-y+z", rules), "joe|-|x-y+z");
  EXPECT_EQ(found("joe-x+y", rules), "joe|-|x+y");
  EXPECT_EQ(found("joe-list+x", rules), "joe-list|-|x");
}

TEST_F(AccountsTest, LongPrefixesAreNotTried) {
  add(std::string(kMaxAccountName, 'x'), owner);
  add(std::string(kMaxAccountName - 1, 'y'), owner);
  EXPECT_EQ(found(std::string(kMaxAccountName, 'x')).substr(0, 5), "alias");
  EXPECT_EQ(found(std::string(kMaxAccountName - 1, 'y')).substr(0, 5), "yyyyy");
}

TEST_F(AccountsTest, ADirectoryServiceThatFailsIsNotAnUnknownUser) {
  accounts.broken = true;
  EXPECT_TRUE(found("joe").starts_with("error: the directory service"));
}

TEST_F(AccountsTest, WithoutAliasUserNobodyCanTell) {
  accounts.known.erase("alias");
  EXPECT_EQ(found("nobody-here"), "error: Unable to find alias user!");
}

TEST(ExtensionTest, IsWhatFollowsTheNameAndADelimiter) {
  EXPECT_EQ(extension_of("Joe-A-b", "joe"), "A-b");
  EXPECT_EQ(extension_of("joe-", "joe"), "");
  EXPECT_EQ(extension_of("joe+a-b", "joe", "-+"), "a-b");
  EXPECT_FALSE(extension_of("joe+a-b", "joe"));
  for (const char* other : {"joe", "joey-x", "jo", "ann-joe-x", ""}) {
    EXPECT_FALSE(extension_of(other, "joe")) << other;
  }
}

TEST(SystemAccountsTest, KnowsRootAndNotEverybody) {
  SystemAccounts accounts;
  const Result<std::optional<Account>> root = accounts.by_name("root");
  ASSERT_TRUE(root && *root);
  EXPECT_EQ((*root)->uid, 0U);
  const Result<std::optional<Account>> nobody = accounts.by_name("no-such-user-here");
  ASSERT_TRUE(nobody);
  EXPECT_FALSE(*nobody);
}

}  // namespace
}  // namespace lbx::users
