// SPDX-License-Identifier: MIT
#include "core/users/own_account.h"

#include <gtest/gtest.h>

#include "support/test_system.h"

namespace lbx::users {
namespace {

TEST(OwnAccountTest, ReadsALineOfPasswd) {
  for (const char* line :
       {"joe:x:1000:100:Joe,,,:/home/joe:/bin/sh\n", "joe::1000:100::/home/joe:"}) {
    const auto account = parse_passwd_line(line);
    ASSERT_TRUE(account) << line;
    EXPECT_EQ(account->name, "joe");
    EXPECT_EQ(account->uid, 1000U);
    EXPECT_EQ(account->gid, 100U);
    EXPECT_EQ(account->home, "/home/joe");
  }
}

TEST(OwnAccountTest, WhatIsNoLineIsNoAccount) {
  for (const char* line :
       {"", "joe", "joe:x:1000:100:/home/joe:/bin/sh", ":x:1:1::/:/", "joe:x:-1:1::/:/",
        "joe:x:1:one::/:/", "joe:x:99999999999:1::/:/", "a:b:1:1:c:d:e:f"}) {
    EXPECT_FALSE(parse_passwd_line(line)) << line;
  }
}

TEST(OwnAccountTest, RootIsKnownAndNobodyElseMadeUp) {
  testing_support::TestSystem outside;
  const auto root = account_of_uid(outside.system, 0);
  ASSERT_TRUE(root) << root.error().what;
  ASSERT_TRUE(*root);
  EXPECT_EQ((*root)->name, "root");
  const auto none = account_of_uid(outside.system, 3'999'999'991);
  ASSERT_TRUE(none) << none.error().what;
  EXPECT_FALSE(*none);
}

}  // namespace
}  // namespace lbx::users
