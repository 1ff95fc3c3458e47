// SPDX-License-Identifier: MIT
#include "core/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace lbx {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error::never("odd");
  return number / 2;
}

Result<int> quarter(int number) {
  const int once = LBX_TRY(half(number));
  return half(once);
}

TEST(ResultTest, TryPassesTheValueOnAndReturnsTheError) {
  EXPECT_EQ(*quarter(8), 2);
  ASSERT_FALSE(quarter(7));
  EXPECT_EQ(quarter(6).error().what, "odd");
  EXPECT_EQ(quarter(6).error().retry, Retry::Never);
}

TEST(ResultTest, WhatTheKernelSaysMayBeTriedAgain) {
  const Error error = Error::from_errno(ENOSPC, "write");
  EXPECT_EQ(error.retry, Retry::Later);
  EXPECT_EQ(error.os_error, ENOSPC);
  EXPECT_EQ(error.what, "write: No space left on device");
}

}  // namespace
}  // namespace lbx
