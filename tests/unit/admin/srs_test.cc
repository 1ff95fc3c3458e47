// SPDX-License-Identifier: MIT
#include "admin/srs.h"

#include <gtest/gtest.h>

#include "support/scratch.h"

namespace lbx::admin {
namespace {

using testing_support::ScratchDirectory;

TEST(SrsCommandTest, BothDirectionsGoByTheSettings) {
  const ScratchDirectory home;
  PosixFileOps files;
  const control::ControlDirectory control{files, home.path()};
  const Instant now{1'700'000'000, 0};
  EXPECT_FALSE(convert_sender(control, false, "a@b.example", now));

  home.make_directory("control");
  home.write("control/srsdomain", "srs.example\n");
  EXPECT_FALSE(convert_sender(control, false, "a@b.example", now)) << "without a secret";
  home.write("control/srssecrets", "secret\n");
  const Result<std::string> there = convert_sender(control, false, "a@b.example", now);
  ASSERT_TRUE(there) << there.error().what;
  const Result<std::string> back = convert_sender(control, true, *there, now);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(*back, "a@b.example");

  const Result<std::string> quoted = convert_sender(control, false, "\"a b\"@c.example", now);
  ASSERT_TRUE(quoted) << quoted.error().what;
  EXPECT_TRUE(quoted->starts_with("\"SRS0=")) << *quoted;
  EXPECT_TRUE(quoted->ends_with("=c.example=a b\"@srs.example")) << *quoted;
  const Result<std::string> unquoted = convert_sender(control, true, *quoted, now);
  ASSERT_TRUE(unquoted) << unquoted.error().what;
  EXPECT_EQ(*unquoted, "\"a b\"@c.example");
}

}  // namespace
}  // namespace lbx::admin
