// SPDX-License-Identifier: MIT
#include "deliver/volume_guard.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "deliver/engine.h"
#include "deliver/forecast.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using testing::HasSubstr;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class VolumeGuardTest : public testing::Test {
 protected:
  VolumeGuardTest() : control{outside.files, mail_home.path()} {
    mail_home.make_directory("control");
    settings.control = &control;
    settings.create_maildirs = true;
  }
  void guard(const std::string& name) { mail_home.write("control/mailhomeguard", name + '\n'); }
  Outcome run() {
    const Request request{"joe", scratch.path(), "joe", "", "", "x.example", "a@b", "./Maildir/"};
    EXPECT_EQ(forecast(outside.system, request, settings).result.done(), !is_missing());
    mail_home.write("message", "body\n");
    const UniqueFd file{::open(mail_home.path("message").c_str(), O_RDONLY)};
    return deliver(outside.system, request, settings, file.get());
  }
  bool is_missing() { return missing_volume(outside.files, scratch.fd(), settings).has_value(); }

  ScratchDirectory scratch;
  ScratchDirectory mail_home;
  TestSystem outside;
  control::ControlDirectory control;
  Settings settings;
};

TEST_F(VolumeGuardTest, IsNotAskedForByDefault) {
  EXPECT_TRUE(run().report.done());
  settings.control = nullptr;
  EXPECT_FALSE(is_missing());
}

TEST_F(VolumeGuardTest, AMissingOneHoldsTheMessageAndMakesNothing) {
  guard(".letterbox-no-such-volume");
  const Report report = run().report;
  EXPECT_EQ(report.verdict, Verdict::Later);
  EXPECT_THAT(report.text, HasSubstr("not mounted"));
  EXPECT_FALSE(scratch.exists("Maildir"));
}

// Beside the home it is not at the root of the volume.
TEST_F(VolumeGuardTest, ItsPlaceIsTheRootOfTheVolume) {
  guard(".guard");
  scratch.write(".guard", "");
  EXPECT_TRUE(is_missing());
  // The root of every volume has its own directory "..", and no name more is there for certain.
  guard(".");
  EXPECT_FALSE(is_missing());
}

TEST_F(VolumeGuardTest, AMaildirThatIsThereNeedsNone) {
  guard(".letterbox-no-such-volume");
  scratch.make_maildir("Maildir");
  const Request request{"joe", scratch.path(), "joe", "", "", "x.example", "a@b", "./Maildir/"};
  EXPECT_TRUE(forecast(outside.system, request, settings).result.done());
}

TEST_F(VolumeGuardTest, APathIsNoName) {
  guard("../etc/passwd");
  EXPECT_TRUE(is_missing());
}

TEST_F(VolumeGuardTest, AHomeTooDeepBelowItsVolumeHoldsTheMessage) {
  guard(".");
  std::string path = "d";
  for (int depth = 1; depth < kMaxVolumeDepth; ++depth) path += "/d";
  scratch.make_directory(path);
  const UniqueFd deep{::open(scratch.path(path).c_str(), O_PATH | O_DIRECTORY)};
  EXPECT_TRUE(missing_volume(outside.files, deep.get(), settings).has_value());
}

TEST_F(VolumeGuardTest, WhatCannotBeSeenHoldsTheMessage) {
  guard(".");
  for (const char* call : {"open", "stat_fd", "stat"}) {
    outside.files.fail_every(call, EIO);
    EXPECT_TRUE(is_missing()) << call;
  }
}

}  // namespace
}  // namespace lbx::deliver
