// SPDX-License-Identifier: MIT
#include "core/dotqmail/dotqmail.h"

#include <gmock/gmock.h>

namespace lbx::dotqmail {
namespace {

using testing::ElementsAre;

Script read(std::string_view text, Permit permit = Permit::Everything) {
  Result<Script> script = parse(text, permit);
  EXPECT_TRUE(script);
  return script ? *script : Script{};
}

std::vector<Instruction> instructions(const Script& script) {
  std::vector<Instruction> out;
  for (const Step& step : script.steps) {
    if (step.instruction) out.push_back(*step.instruction);
  }
  return out;
}

TEST(DotqmailTest, TheFirstOctetDecides) {
  const Script script = read("./m/\n/abs/box\n|cmd  x\n&a@b\nc@d\n# no\n+unknown\n");
  EXPECT_THAT(instructions(script),
              ElementsAre(ToMaildir{"./m/"}, ToMbox{"/abs/box"}, ToProgram{"cmd  x"},
                          ToAddress{"a@b"}, ToAddress{"c@d"}));
  EXPECT_FALSE(script.fault);
}

TEST(DotqmailTest, BlanksAtTheEndDoNotCountAndBlanksAtTheBeginningDo) {
  EXPECT_THAT(instructions(read("./m/ \t\n a@b \n")),
              ElementsAre(ToMaildir{"./m/"}, ToAddress{" a@b"}));
}

TEST(DotqmailTest, TheLastLineNeedsNoEnd) {
  EXPECT_THAT(instructions(read("./m/")), ElementsAre(ToMaildir{"./m/"}));
}

TEST(DotqmailTest, ForwardsAreTakenAsTheyStand) {
  EXPECT_THAT(instructions(read("&\n&&x\nJoe <a@b>\n:include:/x\r\n")),
              ElementsAre(ToAddress{""}, ToAddress{"&x"}, ToAddress{"Joe <a@b>"},
                          ToAddress{":include:/x\r"}));
}

TEST(DotqmailTest, NulIsKeptForWhoeverOpensIt) {
  using namespace std::string_literals;
  EXPECT_THAT(instructions(read("./m\0x/\n"s)), ElementsAre(ToMaildir{"./m\0x/"s}));
}

TEST(DotqmailTest, ABlankFirstLineIsAMistakeALaterOneIsNot) {
  const Script blank = read(" \t\n./m/\n");
  ASSERT_TRUE(blank.fault);
  EXPECT_EQ(blank.fault->mistake, Mistake::BlankFirstLine);
  EXPECT_TRUE(blank.steps.empty());
  EXPECT_THAT(instructions(read("./a\n\n./b\n")), ElementsAre(ToMbox{"./a"}, ToMbox{"./b"}));
}

TEST(DotqmailTest, AForbiddenLineStopsWhereItStands) {
  const Script script = read("&a@b\n|cmd\n&c@d\n", Permit::ForwardOnly);
  EXPECT_THAT(instructions(script), ElementsAre(ToAddress{"a@b"}));
  ASSERT_TRUE(script.fault);
  EXPECT_EQ(script.fault->mistake, Mistake::ProgramForbidden);
  EXPECT_EQ(script.fault->line, 2U);
  EXPECT_EQ(read("./m/", Permit::ForwardOnly).fault->mistake, Mistake::FileForbidden);
}

TEST(DotqmailTest, PlusListForbidsOnlyWhatComesAfterIt) {
  const Script script = read("|first\n+list \n&a@b\n./m/\n");
  EXPECT_THAT(instructions(script), ElementsAre(ToProgram{"first"}, ToAddress{"a@b"}));
  ASSERT_TRUE(script.fault);
  EXPECT_EQ(script.fault->mistake, Mistake::FileForbidden);
  EXPECT_EQ(script.fault->line, 4U);
}

TEST(DotqmailTest, OnlyCommentsAreNoInstructions) {
  EXPECT_TRUE(instructions(read("# black hole\n")).empty());
  EXPECT_FALSE(read("# black hole\n").fault);
}

TEST(DotqmailTest, TooManyLinesAreRefusedAsAWhole) {
  EXPECT_TRUE(parse(std::string(kMaxLines - 1, '\n').insert(0, "#\n"), Permit::Everything));
  const Result<Script> beyond =
      parse(std::string(kMaxLines, '\n').insert(0, "#\n"), Permit::Everything);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().retry, Retry::Later);
}

TEST(DotqmailTest, WhatIsWrittenReadsBack) {
  for (const Instruction& each :
       {Instruction{ToMaildir{"./m/"}}, Instruction{ToMbox{"."}}, Instruction{ToProgram{""}},
        Instruction{ToAddress{""}}, Instruction{ToAddress{"#x"}}}) {
    EXPECT_THAT(instructions(read(to_line(each))), ElementsAre(each)) << to_line(each);
  }
  const Script script = read("a@b\n# c\n\n+list\n|x\n./never\n");
  EXPECT_EQ(read(to_string(script)), script);
}

}  // namespace
}  // namespace lbx::dotqmail
