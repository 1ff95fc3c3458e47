// SPDX-License-Identifier: MIT
#include "core/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace lbx::utf8 {
namespace {

TEST(Utf8Test, WellFormedTextIsTaken) {
  for (const char* each : {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x93\xae",
                           "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_valid(each)) << each;
  }
  EXPECT_TRUE(is_valid(std::string(1, '\0')));
}

TEST(Utf8Test, StrayOverlongAndForbiddenFormsAreNot) {
  for (const char* each :
       {"\x80", "\xe4", "\xc3", "a\xc3z", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf0\x80\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(is_valid(each)) << each;
  }
}

TEST(Utf8Test, EveryOctetOfLatin1IsACharacter) {
  EXPECT_EQ(from_latin1("a\x7f\x80\xe4\xff"), "a\x7f\xc2\x80\xc3\xa4\xc3\xbf");
}

}  // namespace
}  // namespace lbx::utf8
