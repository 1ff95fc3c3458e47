// SPDX-License-Identifier: MIT
#include "service/auth/file_source.h"

#include <gtest/gtest.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::auth {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

const std::string kRight = "Hello world!";
const std::string kLine =
    "joe:self:/h:m:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5:::\n";

class FileSourceTest : public testing::Test {
 protected:
  void write(const std::string& text) {
    scratch.write("accounts", text);
    ::chmod(scratch.path("accounts").c_str(), 0600);
  }
  std::optional<Verdict> check(const std::string& name, const std::string& password) {
    return source.check({name, name, password, {}});
  }
  static FailureKind kind(const std::optional<Verdict>& verdict) {
    return std::get<Failure>(*verdict).kind;
  }

  ScratchDirectory scratch;
  TestSystem outside;
  FileSource source{outside.system, scratch.path("accounts")};
};

TEST_F(FileSourceTest, KnowsItsOwnAndLeavesOthersToTheNext) {
  write(kLine);
  EXPECT_TRUE(std::holds_alternative<Account>(*check("joe", kRight)));
  EXPECT_EQ(kind(check("joe", "wrong")), FailureKind::Credentials);
  EXPECT_FALSE(check("jim", kRight));
  EXPECT_FALSE(source.account("jim", {}));
}

TEST_F(FileSourceTest, ANameOrPasswordThatCannotBeNeverMatches) {
  write(kLine);
  EXPECT_FALSE(source.check({"joe", std::nullopt, kRight, {}}));
  EXPECT_EQ(kind(source.check({"joe", "joe", std::nullopt, {}})), FailureKind::Credentials);
}

TEST_F(FileSourceTest, NoPasswordOpensAnAccountThatHasNone) {
  write("joe:self:/h:m::::\n");
  for (const char* const password : {"", "x"}) {
    EXPECT_EQ(kind(check("joe", password)), FailureKind::Credentials);
  }
  EXPECT_TRUE(std::holds_alternative<Account>(*source.account("joe", {})));
}

TEST_F(FileSourceTest, DisabledMeansByAnyMeans) {
  write(kLine.substr(0, kLine.size() - 1) + "disabled\n");
  EXPECT_EQ(kind(check("joe", kRight)), FailureKind::Credentials);
  EXPECT_EQ(kind(source.account("joe", {})), FailureKind::Credentials);
  EXPECT_FALSE(*source.scram_keys("joe"));
}

TEST_F(FileSourceTest, AFileThatCannotBeReadIsNoWrongPassword) {
  write("nonsense\n");
  EXPECT_EQ(kind(check("joe", kRight)), FailureKind::Temporary);
  EXPECT_EQ(kind(source.account("joe", {})), FailureKind::Temporary);
  EXPECT_FALSE(source.scram_keys("joe"));
  write(kLine);
  outside.files.fail_every("read", EIO);
  EXPECT_EQ(kind(check("joe", kRight)), FailureKind::Temporary);
}

}  // namespace
}  // namespace lbx::auth
