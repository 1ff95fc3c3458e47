// SPDX-License-Identifier: MIT
#include "deliver/srs_bounce.h"

#include <gtest/gtest.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

TEST(SrsBounceTest, TheFirstVariableThatLooksLikeOneCounts) {
  EXPECT_EQ(rewritten_part({}), "");
  EXPECT_EQ(rewritten_part({{"LOCAL", "SRS0=a"}}), "SRS0=a");
  EXPECT_EQ(
      rewritten_part({{"DEFAULT", "srs1=b"}, {"EXT", "srs-srs1=b"}, {"LOCAL", "x-srs-srs1=b"}}),
      "srs1=b");
  EXPECT_EQ(rewritten_part({{"DEFAULT", "a"}, {"EXT", "b"}, {"LOCAL", "SRSx=y"}}), "");
}

TEST(SrsBounceTest, AForgedAddressIsNeverAndNothingIsQueued) {
  const ScratchDirectory home;
  home.make_directory("control");
  home.write("control/srsdomain", "srs.example\n");
  home.write("control/srssecrets", "secret\n");
  TestSystem outside;
  const control::ControlDirectory control{outside.files, home.path()};
  Result<Settings> settings = read_settings(control);
  ASSERT_TRUE(settings);
  outside.system.environment = {{"DEFAULT", "SRS0=AAAA=AA=x.example=joe"},
                                {"QMAILQUEUE", "/nonexistent"},
                                {"LETTERBOX_HOME", home.path()}};
  const Result<pid_t> sent = return_bounce(outside.system, *settings, home.fd());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().retry, Retry::Never);
}

TEST(SrsBounceTest, WithoutTheSettingItWaits) {
  TestSystem outside;
  const Result<pid_t> sent = return_bounce(outside.system, {}, 0);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().retry, Retry::Later);
}

}  // namespace
}  // namespace lbx::deliver
