// SPDX-License-Identifier: MIT
#include "admin/config.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "core/control/settings.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Lines = std::vector<std::string>;

constexpr control::Number kCount{"count", 7, 1, 100, "messages", "how many"};
constexpr control::List kNames{"names", "who"};

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() { scratch.make_directory("control"); }
  Result<void> set(const control::Setting& setting, const std::optional<Lines>& lines) {
    return set_config(test.files, control, setting, lines);
  }
  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem test;
  control::ControlDirectory control{test.files, scratch.path()};
};

TEST_F(ConfigTest, ARowShowsTheDefaultAndSaysSo) {
  const ConfigRow row = config_row(control, &control::kDefaultDelivery);
  EXPECT_THAT(row.value, ElementsAre("./Maildir/"));
  EXPECT_TRUE(row.is_default);
  EXPECT_THAT(to_text(row), HasSubstr("defaultdelivery = ./Maildir/ (default)"));
}

TEST_F(ConfigTest, ARowShowsWhatIsSetAndWhatIsWrong) {
  scratch.write("control/count", "500\n");
  const ConfigRow row = config_row(control, &kCount);
  EXPECT_FALSE(row.is_default);
  EXPECT_THAT(to_text(row), HasSubstr("WRONG: " + scratch.path("control/count") +
                                      ": must be from 1 to 100 messages"));
  EXPECT_THAT(to_json({row}, {"old"}), HasSubstr("\"problem\""));
}

TEST_F(ConfigTest, WhatIsSetIsReadAgain) {
  ASSERT_TRUE(set(&kCount, Lines{"42"}));
  EXPECT_EQ(scratch.read("control/count"), "42\n");
  ASSERT_TRUE(set(&kNames, Lines{"a", "b c"}));
  EXPECT_THAT(config_row(control, &kNames).value, ElementsAre("a", "b c"));
  EXPECT_THAT(scratch.names("control"), ElementsAre("count", "names"));
}

TEST_F(ConfigTest, TheFirstSettingMakesTheDirectory) {
  const control::ControlDirectory fresh{test.files, scratch.path("home")};
  ASSERT_TRUE(set_config(test.files, fresh, &kCount, Lines{"42"}));
  EXPECT_EQ(scratch.read("home/control/count"), "42\n");
}

TEST_F(ConfigTest, WhatTheSettingForbidsIsNotWritten) {
  ASSERT_TRUE(set(&kCount, Lines{"42"}));
  EXPECT_FALSE(set(&kCount, Lines{"101"}));
  EXPECT_FALSE(set(&kCount, Lines{"1", "2"}));
  EXPECT_FALSE(set(&kNames, Lines{"a\nb"}));
  EXPECT_THAT(scratch.names("control"), ElementsAre("count"));
  EXPECT_EQ(scratch.read("control/count"), "42\n");
}

TEST_F(ConfigTest, EveryFailingCallLeavesTheOldValue) {
  ASSERT_TRUE(set(&kCount, Lines{"42"}));
  const std::size_t before = test.files.journal().size();
  ASSERT_TRUE(set(&kCount, Lines{"42"}));
  const std::size_t calls = test.files.journal().size() - before;
  for (std::size_t n = 1; n <= calls; ++n) {
    test.files.fail_call(n, EIO);
    EXPECT_FALSE(set(&kCount, Lines{"43"})) << n;
    test.files.fail_call(0, 0);
    const std::string now = scratch.read("control/count");
    EXPECT_TRUE(now == "42\n" || (n > calls - 2 && now == "43\n")) << n << now;
    ASSERT_TRUE(set(&kCount, Lines{"42"}));
  }
}

TEST_F(ConfigTest, UnsettingIsDurableAndMayBeRepeated) {
  ASSERT_TRUE(set(&kCount, Lines{"42"}));
  EXPECT_TRUE(set(&kCount, std::nullopt));
  EXPECT_THAT(test.files.journal().back(), HasSubstr("sync"));
  EXPECT_TRUE(set(&kCount, std::nullopt));
  EXPECT_TRUE(config_row(control, &kCount).is_default);
}

TEST_F(ConfigTest, UnknownFilesAreNamed) {
  scratch.write("control/me", "x\n");
  scratch.write("control/you", "x\n");
  EXPECT_THAT(*unknown_files(test.files, control), ElementsAre("you"));
  const control::ControlDirectory nowhere{test.files, scratch.path("missing")};
  EXPECT_THAT(*unknown_files(test.files, nowhere), IsEmpty());
}

TEST(FindSetting, KnowsTheNamesAndNoOthers) {
  EXPECT_TRUE(find_setting("me"));
  const Result<control::Setting> found = find_setting("nonsense");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, "there is no setting nonsense");
}

}  // namespace
}  // namespace lbx::admin
