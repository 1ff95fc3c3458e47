// SPDX-License-Identifier: MIT
#include "core/maildir/flags.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(MaildirFlagsTest, LettersAreInOrderAndOnceEach) {
  EXPECT_EQ(MaildirFlags{"SRFS"}.str(), "FRS");
  EXPECT_EQ(MaildirFlags{"SbaR"}.str(), "RSab");
}

TEST(MaildirFlagsTest, WhatIsNoLetterIsLeftOut) {
  EXPECT_EQ(MaildirFlags{"S/,.\n1"}.str(), "S");
}

TEST(MaildirFlagsTest, OneCanBeAskedForAndAdded) {
  MaildirFlags flags;
  EXPECT_TRUE(flags.empty());
  flags.add('S');
  EXPECT_TRUE(flags.has('S'));
  EXPECT_FALSE(flags.has('R'));
}

}  // namespace
}  // namespace lbx
