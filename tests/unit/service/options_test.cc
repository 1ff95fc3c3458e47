// SPDX-License-Identifier: MIT
#include "service/options.h"

#include <gmock/gmock.h>

namespace lbx {
namespace {

using testing::HasSubstr;

class OptionsTest : public testing::Test {
 protected:
  Result<std::optional<int>> read(std::vector<std::string> words) {
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    for (std::string& each : words) argv.push_back(each.data());
    argv.push_back(nullptr);
    const CommandLine line{
        "What it is for.",
        {{"user", &user, "the user"}, {"mode", &mode, "how"}, {"not", &no, "no"}},
        {{"header", &header, "the field"}}};
    return read_options(line, static_cast<int>(words.size()), argv.data());
  }
  std::string why(std::vector<std::string> words) {
    const auto result = read(std::move(words));
    return result ? "" : result.error().what;
  }

  std::optional<std::string> user;
  std::string mode{"default"};
  std::string header;
  bool no{false};
};

TEST_F(OptionsTest, TakesValuesApartOrWithAnEqualsSignWhereverTheyStand) {
  const auto result = read({"--user", "joe", "Subject", "--mode=a=b", "--not"});
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_FALSE(*result);
  EXPECT_EQ(user, "joe");
  EXPECT_EQ(mode, "a=b");
  EXPECT_EQ(header, "Subject");
  EXPECT_TRUE(no);
}

TEST_F(OptionsTest, WhatIsNotGivenStaysAsItIs) {
  ASSERT_TRUE(read({"Subject"}));
  EXPECT_FALSE(user);
  EXPECT_EQ(mode, "default");
  EXPECT_FALSE(no);
}

TEST_F(OptionsTest, AnEmptyValueIsOne) {
  ASSERT_TRUE(read({"--user", "", "--mode=", "Subject"}));
  EXPECT_EQ(user, "");
  EXPECT_EQ(mode, "");
}

TEST_F(OptionsTest, AValueMayLookLikeAnOption) {
  ASSERT_TRUE(read({"--user", "--not", "--", "--user"}));
  EXPECT_EQ(user, "--not");
  EXPECT_FALSE(no);
  EXPECT_EQ(header, "--user");
}

TEST_F(OptionsTest, WhatMakesNoSenseIsSaid) {
  EXPECT_THAT(why({"Subject", "--foo"}), HasSubstr("not expected: --foo (see --help)"));
  EXPECT_THAT(why({"Subject", "-x"}), HasSubstr("not expected: -x"));
  EXPECT_THAT(why({"Subject", "two"}), HasSubstr("not expected: two"));
  EXPECT_THAT(why({"Subject", "--not=1"}), HasSubstr("not expected: --not=1"));
  EXPECT_THAT(why({"Subject", "--user"}), HasSubstr("--user: 1 required"));
  EXPECT_THAT(why({"--user", "a", "--user", "b", "Subject"}), HasSubstr("--user: at most 1"));
  EXPECT_THAT(why({}), HasSubstr("header is required"));
}

TEST_F(OptionsTest, NamesAreNotAbbreviated) {
  EXPECT_THAT(why({"Subject", "--us", "joe"}), HasSubstr("not expected"));
  EXPECT_THAT(why({"Subject", "--us=joe"}), HasSubstr("not expected"));
  EXPECT_THAT(why({"Subject", "--no"}), HasSubstr("not expected"));
  EXPECT_FALSE(user);
}

TEST_F(OptionsTest, HelpAndVersionEndWellWhateverIsMissing) {
  for (const char* each : {"--help", "-h", "--version"}) {
    testing::internal::CaptureStdout();
    const auto result = read({each});
    const std::string printed = testing::internal::GetCapturedStdout();
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, 0);
    EXPECT_EQ(printed.find("--user TEXT") != std::string::npos, std::string{each} != "--version");
  }
}

}  // namespace
}  // namespace lbx
