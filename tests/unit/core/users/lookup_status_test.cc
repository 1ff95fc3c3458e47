// SPDX-License-Identifier: MIT
#include "core/users/lookup_status.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "core/users/accounts.h"
#include "core/users/resolver.h"

namespace lbx::users {
namespace {

TEST(LookupStatusTest, EachReasonHasItsOwn) {
  EXPECT_EQ(lookup_status(Error::later(std::string{kNoAliasUser})), 116);
  EXPECT_EQ(lookup_status({Retry::Later, std::string{kTroubleReadingCdb}, EIO}), 117);
  EXPECT_EQ(lookup_status(Error::later(std::string{kNotAsRoot})), 113);
  EXPECT_EQ(lookup_status(Error::from_errno(ESTALE, "stat")), 115);
  EXPECT_EQ(lookup_status(Error::from_errno(ETXTBSY, "getpwnam")), 118);
  EXPECT_EQ(lookup_status(Error::later("whatever else")), 118);
}

}  // namespace
}  // namespace lbx::users
