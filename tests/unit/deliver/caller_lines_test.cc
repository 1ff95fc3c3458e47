// SPDX-License-Identifier: MIT
#include "deliver/caller_lines.h"

#include <gtest/gtest.h>

namespace lbx::deliver {
namespace {

constexpr std::string_view kOurs = "Delivered-To: joe@x.example\n";

std::string clean(std::string_view head) {
  return without_caller_lines(head, kOurs);
}

TEST(CallerLinesTest, PostfixsBlockIsTakenOff) {
  EXPECT_EQ(clean("From a@b Mon Jan  1 00:00:00 2024\nReturn-Path: <a@b>\nX-Original-To: joe\n"
                  "Delivered-To: joe@x.example\nReceived: from y\n\nbody\n"),
            "X-Original-To: joe\nReceived: from y\n\nbody\n");
}

TEST(CallerLinesTest, ASecondDeliveredToIsALoopAndStays) {
  EXPECT_EQ(clean("Delivered-To: joe@x.example\nDelivered-To: joe@x.example\n\n"),
            "Delivered-To: joe@x.example\n\n");
  EXPECT_EQ(clean("Delivered-To: joe@x.example\nReceived: y\nDelivered-To: joe@x.example\n\n"),
            "Received: y\nDelivered-To: joe@x.example\n\n");
}

TEST(CallerLinesTest, NothingBelowTheTopIsTouched) {
  for (const char* head :
       {"Received: y\nReturn-Path: <z>\nDelivered-To: joe@x.example\n\n", "\nReturn-Path: <z>\n",
        "Subject: x\n\nFrom here\n", "", "Return-Path: without an end", "From"}) {
    EXPECT_EQ(clean(head), head);
  }
}

TEST(CallerLinesTest, OtherPeoplesDeliveredToStays) {
  EXPECT_EQ(clean("Delivered-To: ann@x.example\nReturn-Path: <z>\nTo: x\n"),
            "Delivered-To: ann@x.example\nTo: x\n");
}

TEST(CallerLinesTest, CaseLineEndsAndFoldingDoNotMatter) {
  EXPECT_EQ(clean("DELIVERED-TO: JOE@X.example\r\nReturn-Path:\r\n <a@b>\r\nTo: x\r\n"),
            "To: x\r\n");
}

}  // namespace
}  // namespace lbx::deliver
