// SPDX-License-Identifier: MIT
#include "service/auth/program_source.h"

#include <gtest/gtest.h>

namespace lbx::auth {
namespace {

using namespace std::string_literals;

TEST(AccountReport, IsReadAsItIsWritten) {
  const std::string text = account_report({{"USER", "joe"}, {"HOME", "/home/joe"}, {"PATH", "x"}});
  const Verdict verdict = parse_account_report({text, 1001, 1002}, "typed");
  ASSERT_TRUE(std::holds_alternative<Account>(verdict));
  EXPECT_EQ(std::get<Account>(verdict),
            (Account{"joe", Owner{1001, 1002}, "/home/joe", "/home/joe/Maildir/", std::nullopt}));
}

TEST(AccountReport, TakesTheNameTypedAndTheMaildirGiven) {
  const Verdict verdict = parse_account_report({"\0/h\0/srv/m\0"s, 1, 1}, "typed");
  ASSERT_TRUE(std::holds_alternative<Account>(verdict));
  EXPECT_EQ(std::get<Account>(verdict).name, "typed");
  EXPECT_EQ(std::get<Account>(verdict).maildir, "/srv/m");
}

TEST(AccountReport, IsNotBelievedWhereItComesFromRootOrMakesNoSense) {
  const auto kind = [](const std::string& text, uid_t uid) {
    const Verdict verdict = parse_account_report({text, uid, 1}, "joe");
    return std::get<Failure>(verdict).kind;
  };
  EXPECT_EQ(kind("joe\0/h\0\0"s, 0), FailureKind::Credentials);
  EXPECT_EQ(kind("joe\0h\0\0"s, 1), FailureKind::Temporary);
  EXPECT_EQ(kind("joe\0\0\0"s, 1), FailureKind::Temporary);
  EXPECT_EQ(kind("", 1), FailureKind::Temporary);
  EXPECT_EQ(kind("a\0/b\0c\0d\0"s, 1), FailureKind::Temporary);
}

TEST(Gate, LetsInAsManyAsItHasPlaces) {
  Gate gate{2};
  EXPECT_TRUE(gate.enter());
  EXPECT_TRUE(gate.enter());
  EXPECT_FALSE(gate.enter());
  gate.leave();
  EXPECT_TRUE(gate.enter());
}

}  // namespace
}  // namespace lbx::auth
