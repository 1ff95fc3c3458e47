// SPDX-License-Identifier: MIT
#include "core/mbox/from_line.h"

#include <gmock/gmock.h>

namespace lbx {
namespace {

using Form = FromLine::Form;

constexpr std::int64_t kJanuary2nd = 1'136'171'045;  // 2006-01-02 03:04:05 UTC

struct Case {
  std::string_view rest;
  std::string_view sender;
  std::int64_t date;
};

class DatedFormTest : public testing::TestWithParam<Case> {};

TEST_P(DatedFormTest, GivesSenderAndDate) {
  const auto line = parse_from_line("From " + std::string{GetParam().rest});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->form, Form::Dated);
  EXPECT_EQ(line->sender, GetParam().sender);
  EXPECT_EQ(line->date, GetParam().date);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, DatedFormTest,
    testing::Values(
        Case{"ann@example.org Mon Jan  2 03:04:05 2006", "ann@example.org", kJanuary2nd},
        Case{"ann@example.org Mon Jan 02 03:04:05 2006", "ann@example.org", kJanuary2nd},
        Case{"ann@example.org Mon Jan  2 03:04:05 MET 2006", "ann@example.org", kJanuary2nd - 3600},
        Case{"ann@example.org Mon Jan  2 03:04:05 +0000 2006", "ann@example.org", kJanuary2nd},
        Case{"ann@example.org Mon Jan  2 03:04:05 2006 +0200", "ann@example.org",
             kJanuary2nd - 7200},
        Case{"ann@example.org Mon Jan  2 03:04:05 MET DST 2006", "ann@example.org",
             kJanuary2nd - 7200},
        Case{"ann@example.org Mon Jan  2 03:04:05 2006 XYZ", "ann@example.org", kJanuary2nd},
        Case{"ann@example.org Mon Jan  2 03:04 2006", "ann@example.org", kJanuary2nd - 5},
        Case{"ann Mon Jan  2 03:04:05 2006 remote from uucphost", "ann", kJanuary2nd},
        Case{"- Mon Jan  2 03:04:05 2006", "", kJanuary2nd},
        Case{"MAILER-DAEMON Mon Jan  2 03:04:05 2006", "MAILER-DAEMON", kJanuary2nd},
        Case{"<ann@example.org> Mon Jan  2 03:04:05 2006", "ann@example.org", kJanuary2nd},
        Case{"\"ann b\"@example.org Mon Jan  2 03:04:05 2006", "\"ann b\"@example.org",
             kJanuary2nd},
        Case{"ann at example.org  Mon Jan  2 03:04:05 2006", "ann at example.org", kJanuary2nd},
        Case{"ann@example.org Mon, 02 Jan 2006 03:04:05 +0000", "ann@example.org", kJanuary2nd},
        Case{" Mon Jan  2 03:04:05 2006", "", kJanuary2nd},
        Case{"ann.\xc3\xbc@ex\xc3\xa4mple.org Mon Jan  2 03:04:05 2006",
             "ann.\xc3\xbc@ex\xc3\xa4mple.org", kJanuary2nd},
        Case{"ann@example.org 2006-01-02T03:04:05Z", "ann@example.org", kJanuary2nd},
        Case{"ann@example.org 2006-01-02T04:04:05.123+01:00", "ann@example.org", kJanuary2nd},
        Case{"ann@example.org 2006-01-02 03:04:05", "ann@example.org", kJanuary2nd}));

TEST(FromLineTest, TellsTheDatelessFormsApart) {
  EXPECT_EQ(parse_from_line("From ")->form, Form::Bare);
  EXPECT_EQ(parse_from_line("From - ")->form, Form::Dash);
  EXPECT_EQ(parse_from_line("From 1844347792267117879@xxx")->form, Form::SenderOnly);
  EXPECT_EQ(parse_from_line("From Monday on we shall see")->form, Form::Prose);
}

TEST(FromLineTest, KnowsTheDateThatGitWrites) {
  const auto line = parse_from_line("From 0123456789abcdef Mon Sep 17 00:00:00 2001");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->form, Form::GitMagic);
}

TEST(FromLineTest, ADateThatIsNoneDoesNotCount) {
  for (const char* line :
       {"From ann Mon Jan 32 03:04:05 2006", "From ann Mon Jan  2 25:04:05 2006",
        "From ann Mon Jan  2 03:04:05", "From ann Mon Jan  2 03:04:05 2006 and more words",
        "From ann 2006-13-02T03:04:05Z", "From ann 2006-01-02T03:04:05?"}) {
    EXPECT_FALSE(parse_from_line(line)->date) << line;
  }
}

TEST(FromLineTest, RefusesOtherLinesAndEndlessOnes) {
  EXPECT_FALSE(parse_from_line("from ann Mon Jan  2 03:04:05 2006"));
  EXPECT_FALSE(parse_from_line("From:"));
  EXPECT_TRUE(parse_from_line("From " + std::string(kMaxFromLine - 5, 'x')));
  EXPECT_FALSE(parse_from_line("From " + std::string(kMaxFromLine - 4, 'x')));
}

TEST(FromLineTest, WritesWhatQmailWrites) {
  EXPECT_EQ(format_from_line("ann@example.org", kJanuary2nd),
            "From ann@example.org Mon Jan 02 03:04:05 2006\n");
  EXPECT_EQ(format_from_line("", kJanuary2nd), "From MAILER-DAEMON Mon Jan 02 03:04:05 2006\n");
  EXPECT_EQ(format_from_line("a\tb c\nd@x", kJanuary2nd),
            "From a-b-c-d@x Mon Jan 02 03:04:05 2006\n");
}

}  // namespace
}  // namespace lbx
