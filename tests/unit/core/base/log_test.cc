// SPDX-License-Identifier: MIT
#include "core/base/log.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(LogTest, PlainValuesStandAsTheyAre) {
  EXPECT_EQ(log_line("delivered", {{"to", "joe@example.org"}, {"octets", "12"}}),
            "delivered to=joe@example.org octets=12\n");
}

TEST(LogTest, WhatAPeerSentCannotBeginANewLineOrField) {
  EXPECT_EQ(log_line("x", {{"from", "a b\nfake=1\"\xff"}}), "x from=\"a b\\x0afake=1\\\"\\xff\"\n");
  EXPECT_EQ(log_line("x", {{"from", ""}}), "x from=\"\"\n");
}

}  // namespace
}  // namespace lbx
