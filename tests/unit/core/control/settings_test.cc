// SPDX-License-Identifier: MIT
#include "core/control/settings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/control/value.h"

namespace lbx::control {
namespace {

TEST(Settings, StandInTheOrderOfTheirNamesEachOnce) {
  const auto not_after = [](const Setting& a, const Setting& b) {
    return file_of(a) >= file_of(b);
  };
  const auto wrong = std::adjacent_find(all().begin(), all().end(), not_after);
  EXPECT_TRUE(wrong == all().end()) << file_of(*wrong);
}

TEST(Settings, DefaultsAreWithinTheirOwnLimits) {
  for (const Setting& setting : all()) {
    const auto* const* number = std::get_if<const Number*>(&setting);
    if (number == nullptr) continue;
    EXPECT_LE((*number)->least, (*number)->fallback) << (*number)->file;
    EXPECT_LE((*number)->fallback, (*number)->most) << (*number)->file;
  }
}

TEST(Settings, EachHasALineOfHelp) {
  for (const Setting& setting : all()) {
    EXPECT_FALSE(help_of(setting).empty()) << file_of(setting);
  }
}

}  // namespace
}  // namespace lbx::control
