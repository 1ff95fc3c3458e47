// SPDX-License-Identifier: MIT
#include "service/auth/password_hash.h"

#include <gtest/gtest.h>

namespace lbx::auth {
namespace {

TEST(PasswordHash, IsYescryptWithASaltOfItsOwn) {
  const Result<std::string> one = hash_password("secret");
  const Result<std::string> two = hash_password("secret");
  ASSERT_TRUE(one && two);
  EXPECT_TRUE(one->starts_with("$y$"));
  EXPECT_NE(*one, *two);
  EXPECT_TRUE(matches_hash(*one, "secret"));
  EXPECT_FALSE(matches_hash(*one, "Secret"));
  EXPECT_FALSE(matches_hash(*one, ""));
}

TEST(PasswordHash, KnowsThoseOfOtherSystems) {
  // From the page of crypt(3) of SHA-512 by its author.
  const std::string sha512 =
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnI"
      "FNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
  EXPECT_TRUE(is_password_hash(sha512));
  EXPECT_TRUE(matches_hash(sha512, "Hello world!"));
  EXPECT_FALSE(matches_hash(sha512, "Hello world"));
}

TEST(PasswordHash, TakesNothingElseForOne) {
  for (const char* const bad : {"", "x", "ab", "abJnggxhB/yWI", "*", "$", "$nonsense$x", "!$y$"}) {
    EXPECT_FALSE(is_password_hash(bad)) << bad;
  }
  EXPECT_FALSE(matches_hash("$nonsense$x", "x"));
}

}  // namespace
}  // namespace lbx::auth
