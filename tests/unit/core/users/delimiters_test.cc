// SPDX-License-Identifier: MIT
#include "core/users/delimiters.h"

#include <gtest/gtest.h>

#include "support/scratch.h"

namespace lbx::users {
namespace {

class DelimitersTest : public testing::Test {
 protected:
  DelimitersTest() { scratch.make_directory("control"); }
  Result<std::string> with(const std::string& text) {
    scratch.write("control/delimiters", text);
    return read();
  }
  Result<std::string> read() {
    return read_delimiters(control::ControlDirectory{files, scratch.path()});
  }
  testing_support::ScratchDirectory scratch;
  PosixFileOps files;
};

TEST_F(DelimitersTest, AreAHyphenWhereNothingIsSet) {
  const Result<std::string> found = read();
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, "-");
}

TEST_F(DelimitersTest, AreThePunctuationOfTheFirstLine) {
  const Result<std::string> found = with("-+=\n");
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, "-+=");
  const Result<std::string> none = with("\n");
  ASSERT_TRUE(none) << none.error().what;
  EXPECT_EQ(*none, "");
}

TEST_F(DelimitersTest, WhatMeansSomethingElseIsAnError) {
  for (const char* wrong : {"-x", "1", "-@", "/", ".", ":", "- +", "\xc3\xa4"}) {
    const Result<std::string> found = with(wrong);
    ASSERT_FALSE(found) << wrong;
    EXPECT_EQ(found.error().retry, Retry::Later);
    EXPECT_NE(found.error().what.find("control/delimiters"), std::string::npos);
  }
}

}  // namespace
}  // namespace lbx::users
