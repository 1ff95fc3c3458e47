// SPDX-License-Identifier: MIT
#include "pop3d/session_lock.h"

#include <gtest/gtest.h>

#include "support/scratch.h"

namespace lbx::pop3d {
namespace {

bool lock(const UniqueFd& maildir) {
  const Result<bool> outcome = lock_maildrop(maildir.get());
  EXPECT_TRUE(outcome) << outcome.error().what;
  return *outcome;
}

TEST(SessionLockTest, OneSessionHasItUntilItsDescriptorIsClosed) {
  const testing_support::ScratchDirectory scratch;
  const auto open = [&] {
    return UniqueFd{::open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY)};
  };
  UniqueFd first = open();
  const UniqueFd second = open();
  EXPECT_TRUE(lock(first));
  EXPECT_FALSE(lock(second));
  first.reset();
  EXPECT_TRUE(lock(second));
}

TEST(SessionLockTest, WhatCannotBeLockedIsAnError) {
  EXPECT_FALSE(lock_maildrop(-1));
}

}  // namespace
}  // namespace lbx::pop3d
