// SPDX-License-Identifier: MIT
#include "service/auth/login_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/base/file_ops.h"
#include "support/scratch.h"

namespace lbx::auth {
namespace {

// crypt("geheim") with SHA-512 and 1000 rounds: quick enough for a test.
constexpr std::string_view kHash =
    "$6$rounds=1000$saltsalt$vqVEzhF1x7x2p0VCWCzOM1GGIpJ62KqdREyqdHXfkzvqLwi.vIVwX0AcTW9cDubiR4wA."
    "zOlJTle4lioqe99c1";

LoginFile parsed(std::string_view text) {
  Result<LoginFile> logins = LoginFile::parse(text, "/etc/mail");
  EXPECT_TRUE(logins) << logins.error().what;
  return std::move(logins).value();
}

TEST(LoginFileTest, TheRightPasswordGivesTheMaildir) {
  const LoginFile logins = parsed(
      "# accounts\n\nbob:{PLAIN}secret:/m/bob\neve:" + std::string{kHash} + ":eve/Maildir\n");
  EXPECT_EQ(logins.check("bob", "secret"), "/m/bob");
  EXPECT_EQ(logins.check("eve", "geheim"), "/etc/mail/eve/Maildir");
}

TEST(LoginFileTest, NothingElseDoes) {
  const LoginFile logins =
      parsed("bob:{PLAIN}secret:/m/bob\neve:" + std::string{kHash} + ":/m/eve\n");
  for (const char* wrong : {"", "Secret", "secre", "secret ", "{PLAIN}secret"}) {
    EXPECT_FALSE(logins.check("bob", wrong)) << wrong;
  }
  EXPECT_FALSE(logins.check("eve", "secret"));
  EXPECT_FALSE(logins.check("eve", std::string{kHash}));
  EXPECT_FALSE(logins.check("nobody", "secret"));
  EXPECT_FALSE(logins.check("nobody", "geheim"));  // the decoy's own password
  EXPECT_FALSE(logins.check("", ""));
  EXPECT_FALSE(logins.check("Bob", "secret"));
}

TEST(LoginFileTest, APlainPasswordMayHoldColons) {
  EXPECT_EQ(parsed("bob:{PLAIN}a:b: c:/m\n").check("bob", "a:b: c"), "/m");
}

TEST(LoginFileTest, ALineThatMakesNoSenseIsAnErrorThatNamesIt) {
  for (const char* line : {"bob", "bob:/m", ":{PLAIN}x:/m", "bob::/m", "bob:{PLAIN}:/m",
                           "bob:{PLAIN}x:", "bob:nonsense:/m", "bob:*:/m"}) {
    const Result<LoginFile> logins = LoginFile::parse("# first\n" + std::string{line} + "\n", "/");
    ASSERT_FALSE(logins) << line;
    EXPECT_EQ(logins.error().what.substr(0, 7), "line 2:");
  }
  EXPECT_FALSE(LoginFile::parse("bob:{PLAIN}x:/m\nbob:{PLAIN}y:/n\n", "/"));
}

TEST(LoginFileTest, AFileThatOthersMayReadOrChangeIsRefused) {
  const testing_support::ScratchDirectory scratch;
  scratch.write("logins", "bob:{PLAIN}x:mail\n");
  PosixFileOps files;
  for (const mode_t mode : {0604, 0602, 0620, 0644, 0666}) {
    ::chmod(scratch.path("logins").c_str(), mode);
    EXPECT_FALSE(LoginFile::read(files, scratch.path("logins"))) << mode;
  }
  for (const mode_t mode : {0600, 0640, 0400}) {
    ::chmod(scratch.path("logins").c_str(), mode);
    const Result<LoginFile> logins = LoginFile::read(files, scratch.path("logins"));
    ASSERT_TRUE(logins) << logins.error().what;
    EXPECT_EQ(logins->check("bob", "x"), scratch.path("mail"));
  }
}

TEST(LoginFileTest, AnEndlessFileIsRefused) {
  const testing_support::ScratchDirectory scratch;
  scratch.write("logins", std::string(kMaxLoginFile + 1, '#'));
  ::chmod(scratch.path("logins").c_str(), 0600);
  PosixFileOps files;
  EXPECT_FALSE(LoginFile::read(files, scratch.path("logins")));
}

}  // namespace
}  // namespace lbx::auth
