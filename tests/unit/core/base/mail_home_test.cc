// SPDX-License-Identifier: MIT
#include "core/base/mail_home.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(MailHome, IsTheOptionThenTheVariableThenTheDefault) {
  EXPECT_EQ(mail_home({}), kDefaultMailHome);
  EXPECT_EQ(mail_home({{"LETTERBOX_HOME", ""}}), kDefaultMailHome);
  EXPECT_EQ(mail_home({{"LETTERBOX_HOME", "/a"}}), "/a");
  EXPECT_EQ(mail_home({{"LETTERBOX_HOME", "/a"}}, "/b"), "/b");
}

}  // namespace
}  // namespace lbx
