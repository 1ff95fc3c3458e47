// SPDX-License-Identifier: MIT
#include "admin/user_command.h"

#include <gtest/gtest.h>

#include "service/auth/password_hash.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::admin {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class UserCommandTest : public testing::Test {
 protected:
  auth::Record joe() {
    const auto accounts =
        auth::AccountFile::read(outside.files, scratch.path(std::string{auth::kAccountFile}));
    return *accounts->find("joe");
  }
  ScratchDirectory scratch;
  TestSystem outside;
};

TEST_F(UserCommandTest, AnAccountHasBothKindsOfKeysAndAMaildir) {
  ASSERT_TRUE(add_user(outside.system, scratch.path(), "Joe", {}, "secret"));
  EXPECT_TRUE(auth::matches_hash(joe().password, "secret"));
  ASSERT_TRUE(joe().scram);
  EXPECT_EQ(auth::derive_scram_keys("secret", joe().scram->salt)->stored_key,
            joe().scram->stored_key);
  EXPECT_TRUE(scratch.exists("mail/joe/Maildir/new"));
}

TEST_F(UserCommandTest, TheMailboxOfAnotherUserIsHisToMake) {
  NewUser what;
  what.owner = "1001/1002";
  what.home = scratch.path("home");
  ASSERT_TRUE(add_user(outside.system, scratch.path(), "joe", what, "secret"));
  EXPECT_EQ(joe().owner, (auth::Owner{1001, 1002}));
  EXPECT_FALSE(scratch.exists("home"));
}

TEST_F(UserCommandTest, AMaildirBelowTheHomeStaysBelowIt) {
  NewUser what;
  for (const char* each : {"../up", "a/../../up", ".."}) {
    what.maildir = each;
    EXPECT_FALSE(add_user(outside.system, scratch.path(), "joe", what, "secret")) << each;
  }
  what.maildir = "..mail/Maildir";
  EXPECT_TRUE(add_user(outside.system, scratch.path(), "joe", what, "secret"));
}

TEST_F(UserCommandTest, ANewPasswordReplacesAllKeysAndADisablingKeepsThem) {
  ASSERT_TRUE(add_user(outside.system, scratch.path(), "joe", {}, "secret"));
  const auth::Record before = joe();
  ASSERT_TRUE(set_password(outside.system, scratch.path(), "joe", "other"));
  EXPECT_NE(joe().password, before.password);
  EXPECT_NE(joe().scram, before.scram);
  const std::string password = joe().password;
  ASSERT_TRUE(set_disabled(outside.system, scratch.path(), "joe", true));
  EXPECT_TRUE(joe().disabled);
  ASSERT_TRUE(set_tls_only(outside.system, scratch.path(), "joe", true));
  ASSERT_TRUE(set_disabled(outside.system, scratch.path(), "joe", false));
  EXPECT_TRUE(joe().tls_only);
  EXPECT_FALSE(joe().disabled);
  EXPECT_EQ(joe().password, password);
}

TEST_F(UserCommandTest, RefusesForGood) {
  ASSERT_TRUE(add_user(outside.system, scratch.path(), "joe", {}, "secret"));
  EXPECT_FALSE(add_user(outside.system, scratch.path(), "JOE", {}, "secret"));
  EXPECT_FALSE(add_user(outside.system, scratch.path(), "a:b", {}, "secret"));
  EXPECT_FALSE(set_password(outside.system, scratch.path(), "joe", ""));
  EXPECT_FALSE(set_password(outside.system, scratch.path(), "jim", "x"));
  ASSERT_TRUE(remove_user(outside.system, scratch.path(), "joe"));
  EXPECT_FALSE(remove_user(outside.system, scratch.path(), "joe"));
  EXPECT_TRUE(scratch.exists("mail/joe/Maildir/new"));
}

}  // namespace
}  // namespace lbx::admin
