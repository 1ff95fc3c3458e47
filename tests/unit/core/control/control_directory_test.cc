// SPDX-License-Identifier: MIT
#include "core/control/control_directory.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::control {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

constexpr Line kWord{"word", "fallback", "a line"};
constexpr Line kHost{"host", "nowhere", "a host", true};
constexpr Number kCount{"count", 7, 1, 100, "messages", "a number"};
constexpr std::string_view kColours[] = {"red", "green"};
constexpr Choice kColour{"colour", kColours, "a choice"};
constexpr List kNames{"names", "a list"};
constexpr Text kLetter{"letter", "a text"};

class ControlDirectoryTest : public testing::Test {
 protected:
  ControlDirectoryTest() { scratch.make_directory("control"); }
  void write(const std::string& file, std::string_view text) const {
    scratch.write("control/" + file, text);
  }
  ScratchDirectory scratch;
  TestSystem test;
  ControlDirectory control{test.files, scratch.path()};
};

TEST_F(ControlDirectoryTest, MissingFileMeansTheDefault) {
  EXPECT_EQ(*control.get(kWord), "fallback");
  EXPECT_EQ(*control.get(kCount), 7U);
  EXPECT_EQ(*control.get(kColour), "red");
  EXPECT_TRUE(control.get(kNames)->empty());
  EXPECT_FALSE(*control.exists("names"));
}

TEST_F(ControlDirectoryTest, MissingDirectoryMeansTheDefault) {
  const ControlDirectory nowhere{test.files, scratch.path("missing")};
  EXPECT_EQ(*nowhere.get(kWord), "fallback");
}

TEST_F(ControlDirectoryTest, LineIsTheFirstWithoutTrailingBlanks) {
  write("word", "#two words \t\nmore\n");
  EXPECT_EQ(*control.get(kWord), "#two words");
  write("word", "no newline");
  EXPECT_EQ(*control.get(kWord), "no newline");
  write("word", "");
  EXPECT_EQ(*control.get(kWord), "");
  write("word", "kept\r\n");
  EXPECT_EQ(*control.get(kWord), "kept\r");
}

TEST_F(ControlDirectoryTest, MeStandsInForAHost) {
  EXPECT_EQ(*control.get(kHost), "nowhere");
  write("me", "mail.example\n");
  EXPECT_EQ(*control.get(kHost), "mail.example");
  write("host", "other.example\n");
  EXPECT_EQ(*control.get(kHost), "other.example");
}

TEST_F(ControlDirectoryTest, NumberIsTheLeadingDigits) {
  write("count", "42 apples\n");
  EXPECT_EQ(*control.get(kCount), 42U);
  write("count", "none\n");
  EXPECT_EQ(*control.get(kCount), 7U);
  write("count", "\n42\n");
  EXPECT_EQ(*control.get(kCount), 7U);
}

TEST_F(ControlDirectoryTest, NumberBeyondItsLimitsIsLater) {
  for (const char* text : {"0", "101", "18446744073709551616"}) {
    write("count", text);
    const Result<std::uint64_t> count = control.get(kCount);
    ASSERT_FALSE(count) << text;
    EXPECT_EQ(count.error().retry, Retry::Later);
    EXPECT_NE(count.error().what.find("control/count: must be from 1 to 100 messages"),
              std::string::npos)
        << count.error().what;
  }
}

TEST_F(ControlDirectoryTest, ChoiceIsOneOfItsWords) {
  write("colour", "green \n");
  EXPECT_EQ(*control.get(kColour), "green");
  write("colour", "blue\n");
  const Result<std::string_view> colour = control.get(kColour);
  ASSERT_FALSE(colour);
  EXPECT_NE(colour.error().what.find("must be one of: red green"), std::string::npos);
}

TEST_F(ControlDirectoryTest, ListSkipsEmptyLinesAndComments) {
  write("names", "a \n\n#b\n #c\n\td\t\ne");
  const std::vector<std::string> expected{"a", " #c", "\td", "e"};
  EXPECT_EQ(*control.get(kNames), expected);
  EXPECT_TRUE(*control.exists("names"));
}

TEST_F(ControlDirectoryTest, WhatCannotBeReadIsLaterNotTheDefault) {
  scratch.make_directory("control/word");
  EXPECT_FALSE(control.get(kWord));
  write("names", std::string(kMaxFileOctets + 1, 'x'));
  EXPECT_FALSE(control.get(kNames));
  test.files.fail_call(1, EACCES);
  EXPECT_FALSE(control.get(kCount));
}

TEST_F(ControlDirectoryTest, TextIsTheWholeFile) {
  EXPECT_EQ(*control.get(kLetter), std::nullopt);
  write("letter", "# one\n\ntwo \n");
  EXPECT_EQ(*control.get(kLetter), "# one\n\ntwo \n");
  write("letter", "");
  EXPECT_EQ(*control.get(kLetter), "");
}

TEST_F(ControlDirectoryTest, DefaultsAreThoseOfAMissingFile) {
  EXPECT_EQ(default_of(kWord), *control.get(kWord));
  EXPECT_EQ(default_of(kCount), *control.get(kCount));
  EXPECT_EQ(default_of(kColour), *control.get(kColour));
  EXPECT_EQ(default_of(kLetter), *control.get(kLetter));
}

}  // namespace
}  // namespace lbx::control
