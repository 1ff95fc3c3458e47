// SPDX-License-Identifier: MIT
#include "core/mbox/border.h"

#include <gmock/gmock.h>

namespace lbx {
namespace {

using After = BorderClues::After;
using Before = BorderClues::Before;
using Form = FromLine::Form;

BorderVerdict judge(BorderClues clues, BorderRules rules = {}) {
  return judge_border(clues, rules);
}

const BorderVerdict kBorder{true, {}};
const BorderVerdict kText{false, {}};

TEST(BorderTest, SenderAndDateBetweenAnEmptyLineAndAHeaderAreABorder) {
  for (const After after : {After::Field, After::Note, After::Empty, After::From, After::End}) {
    EXPECT_EQ(judge({Form::Dated, Form::Dated, Before::EmptyLine, after}), kBorder);
  }
}

TEST(BorderTest, ProseBehindItMakesItTextUnlessStrict) {
  const BorderClues prose{Form::Dated, Form::Dated, Before::EmptyLine, After::Other};
  EXPECT_EQ(judge(prose), (BorderVerdict{false, MboxDoubt::ProseNotBorder}));
  EXPECT_EQ(judge(prose, {.mime = false, .strict = true}), kBorder);
}

TEST(BorderTest, WithoutAnEmptyLineOnlyAHeaderConvinces) {
  EXPECT_EQ(judge({Form::Dated, Form::Dated, Before::Text, After::Field}),
            (BorderVerdict{true, MboxDoubt::NoEmptyLine}));
  EXPECT_EQ(judge({Form::Dated, Form::Dated, Before::Text, After::Empty}), kText);
  EXPECT_EQ(judge({Form::Dated, Form::Dated, Before::Nul, After::Field}),
            (BorderVerdict{true, MboxDoubt::AfterNul}));
}

TEST(BorderTest, WithoutADateOnlyInAFileThatBeginsSo) {
  for (const Form form : {Form::Bare, Form::Dash, Form::SenderOnly}) {
    EXPECT_EQ(judge({form, form, Before::EmptyLine, After::Field}), kBorder);
    EXPECT_EQ(judge({form, Form::Dated, Before::EmptyLine, After::Field}), kText);
    EXPECT_EQ(judge({form, form, Before::EmptyLine, After::Empty}), kText);
  }
  EXPECT_EQ(judge({Form::Dash, Form::Dash, Before::Text, After::Field}),
            (BorderVerdict{true, MboxDoubt::NoEmptyLine}));
  EXPECT_EQ(judge({Form::SenderOnly, Form::SenderOnly, Before::Text, After::Field}), kText);
  EXPECT_EQ(judge({Form::Prose, Form::Prose, Before::EmptyLine, After::Field}), kText);
}

TEST(BorderTest, GitsDateIsAPatchUnlessTheFileIsFullOfItOrAMessageIdFollows) {
  BorderClues clues{Form::GitMagic, Form::Dated, Before::EmptyLine, After::Field};
  EXPECT_EQ(judge(clues), (BorderVerdict{false, MboxDoubt::PatchNotBorder}));
  clues.has_message_id = true;
  EXPECT_EQ(judge(clues), kBorder);
  EXPECT_EQ(judge({Form::GitMagic, Form::GitMagic, Before::EmptyLine, After::Field}), kBorder);
  EXPECT_EQ(judge({Form::GitMagic, Form::Dated, Before::EmptyLine, After::Note}), kBorder);
}

TEST(BorderTest, AnAttachedMessageIsTextIfAskedFor) {
  const BorderClues clues{Form::Dated, Form::Dated, Before::EmptyLine, After::Field, false, true};
  EXPECT_EQ(judge(clues), (BorderVerdict{true, MboxDoubt::InsidePart}));
  EXPECT_EQ(judge(clues, {.mime = true, .strict = false}),
            (BorderVerdict{false, MboxDoubt::PartNotBorder}));
}

TEST(BorderTest, WarningsAreCountedBeyondThoseThatAreKept) {
  MboxWarnings warnings;
  for (std::uint64_t i = 0; i < kMaxKeptWarnings + 5; ++i) {
    warnings.add(MboxDoubt::NoEmptyLine, i);
  }
  EXPECT_EQ(warnings.kept().size(), kMaxKeptWarnings);
  EXPECT_EQ(warnings.count(), kMaxKeptWarnings + 5);
  EXPECT_EQ(warnings.count(MboxDoubt::AfterNul), 0U);
}

}  // namespace
}  // namespace lbx
