// SPDX-License-Identifier: MIT
#include "core/base/errno_class.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace lbx {
namespace {

TEST(ErrnoClassTest, WhatMayPassIsTemporary) {
  for (const int code : {EIO, ENOMEM, EMFILE, ENOSPC, ESTALE, EDQUOT, ETXTBSY}) {
    EXPECT_TRUE(is_temporary_errno(code)) << code;
  }
}

TEST(ErrnoClassTest, WhatIsThereToStayIsNot) {
  for (const int code : {ENOENT, ENOTDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG, EISDIR}) {
    EXPECT_FALSE(is_temporary_errno(code)) << code;
  }
}

}  // namespace
}  // namespace lbx
