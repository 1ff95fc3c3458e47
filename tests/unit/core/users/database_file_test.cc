// SPDX-License-Identifier: MIT
#include "core/users/database_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::users {
namespace {

class DatabaseFileTest : public testing::Test {
 protected:
  DatabaseFileTest() {
    scratch.make_directory("users");
    scratch.write("users/assign", "=joe:joe:500:50:/home/joe:::\n.\n");
  }
  Result<void> rebuild() { return rebuild_database(outside.files, scratch.path()); }
  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
};

TEST_F(DatabaseFileTest, IsSyncedRenamedAndItsDirectorySynced) {
  ASSERT_TRUE(rebuild());
  EXPECT_EQ(scratch.names("users"), (std::vector<std::string>{"assign", "cdb"}));
  const std::vector<std::string>& calls = outside.files.journal();
  const auto last = std::find_if(calls.begin(), calls.end(), [](const std::string& call) {
    return call.starts_with("rename");
  });
  ASSERT_NE(last, calls.end());
  EXPECT_NE(std::find(calls.begin(), last, "sync"), last);
  EXPECT_NE(std::find(last, calls.end(), "sync"), calls.end());
}

TEST_F(DatabaseFileTest, WhateverFailsThereIsAnOldOneOrANewOne) {
  ASSERT_TRUE(rebuild());
  const std::string old = scratch.read("users/cdb");
  scratch.write("users/assign", "=ann:ann:501:50:/home/ann:::\n.\n");
  ASSERT_TRUE(rebuild());
  const std::string fresh = scratch.read("users/cdb");
  ASSERT_NE(old, fresh);
  bool failed = true;
  for (std::size_t n = 1; failed; ++n) {
    scratch.write("users/cdb", old);
    outside.files.fail_call(n, EIO);
    failed = !rebuild();
    outside.files.fail_call(0, 0);
    const std::string now = scratch.read("users/cdb");
    EXPECT_TRUE(now == fresh || (failed && now == old)) << n;
  }
}

TEST_F(DatabaseFileTest, AMistakeLeavesTheOldOne) {
  ASSERT_TRUE(rebuild());
  const std::string old = scratch.read("users/cdb");
  scratch.write("users/assign", "nonsense\n.\n");
  EXPECT_FALSE(rebuild());
  EXPECT_EQ(scratch.read("users/cdb"), old);
}

}  // namespace
}  // namespace lbx::users
