// SPDX-License-Identifier: MIT
#include "deliver/report.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace lbx::deliver {
namespace {

TEST(ReportTest, TheCodeGoesToTheFront) {
  EXPECT_EQ(status_line(Report::never("Sorry, no mailbox here by that name. (#5.1.1)")),
            "5.1.1 Sorry, no mailbox here by that name.");
  EXPECT_EQ(status_line(Report::later("Unable to forward message: unable to exec qq (#4.3.0).")),
            "4.3.0 Unable to forward message: unable to exec qq.");
}

TEST(ReportTest, TheDetailFollows) {
  EXPECT_EQ(status_line(Report::failed("Unable to chdir to maildir. (#4.2.1)",
                                       Error::from_errno(ENOENT, "open m"))),
            "4.2.1 Unable to chdir to maildir: No such file or directory");
}

TEST(ReportTest, AFullDiskHasItsOwnCode) {
  EXPECT_EQ(status_line(Report::failed("Temporary error on maildir delivery. (#4.3.0)",
                                       Error::from_errno(ENOSPC, "write"))),
            "4.3.1 Temporary error on maildir delivery: No space left on device");
}

TEST(ReportTest, AProgramsWordsGiveTheCodeInEitherForm) {
  EXPECT_EQ(status_line({Verdict::Never, "", "go away (#5.7.1)", ""}), "5.7.1 go away");
  EXPECT_EQ(status_line({Verdict::Never, "", "5.7.9 go away", ""}), "5.7.9 go away");
  EXPECT_EQ(status_line({Verdict::Later, "", "plain words", ""}), "4.3.0 plain words");
  EXPECT_EQ(status_line({Verdict::Never, "", "", ""}), "5.3.0 the delivery failed");
}

TEST(ReportTest, TheClassIsThatOfTheVerdictWhateverAProgramSays) {
  EXPECT_EQ(status_line({Verdict::Later, "", "5.1.1 no such user", ""}), "4.1.1 no such user");
  EXPECT_EQ(status_line({Verdict::Never, "", "2.0.0 ok", ""}), "5.0.0 ok");
}

TEST(ReportTest, WhatLooksLikeACodeAndIsNoneStays) {
  EXPECT_EQ(status_line({Verdict::Later, "", "7.1.1 x (#nope) (#5.1)", ""}),
            "4.3.0 7.1.1 x (#nope) (#5.1)");
}

TEST(ReportTest, TheLineIsPrintableAndBounded) {
  const std::string line =
      status_line({Verdict::Never, "", "a\nb\x1b[31m\xff" + std::string(5000, 'x'), ""});
  EXPECT_EQ(line.substr(0, 17), "5.3.0 a?b?[31m?xx");
  EXPECT_LE(line.size(), kMaxStatusLine);
}

TEST(ReportTest, QmailsCodes) {
  EXPECT_EQ(exit_code({}, ExitStyle::Qmail), 0);
  EXPECT_EQ(exit_code({Verdict::Done, "", "", "", true}, ExitStyle::Qmail), 0);
  EXPECT_EQ(exit_code(Report::later("x"), ExitStyle::Qmail), 111);
  EXPECT_EQ(exit_code(Report::never("x"), ExitStyle::Qmail), 100);
}

// spec/exit-codes.md: 75 is the one code that every caller takes for "later".
TEST(ReportTest, SysexitsSayWhatIsMeant) {
  EXPECT_EQ(exit_code(Report::later("x (#5.1.1)"), ExitStyle::Sysexits), 75);
  EXPECT_EQ(exit_code(Report::never("x (#5.1.1)"), ExitStyle::Sysexits), 67);
  EXPECT_EQ(exit_code(Report::never("x (#5.1.3)"), ExitStyle::Sysexits), 65);
  EXPECT_EQ(exit_code(Report::never("x (#5.4.6)"), ExitStyle::Sysexits), 65);
  EXPECT_EQ(exit_code(Report::never("x (#5.7.1)"), ExitStyle::Sysexits), 77);
  EXPECT_EQ(exit_code(Report::never("x"), ExitStyle::Sysexits), 69);
}

}  // namespace
}  // namespace lbx::deliver
