// SPDX-License-Identifier: MIT
#include "deliver/engine.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    request = {"joe", scratch.path(), "joe", "", "", "x.example", "a@b", "./Maildir/"};
    settings.capture_output = true;
    settings.say = [this](const std::string& line) { said.push_back(line); };
    outside.system.environment["PATH"] = "/usr/bin:/bin";
  }
  Outcome run(const std::string& message = "Subject: x\n\nbody\n") {
    const ScratchDirectory elsewhere;
    elsewhere.write("message", message);
    const UniqueFd file{::open(elsewhere.path("message").c_str(), O_RDONLY)};
    return deliver(outside.system, request, settings, file.get());
  }

  ScratchDirectory scratch;
  TestSystem outside;
  Request request;
  Settings settings;
  std::vector<std::string> said;
};

TEST_F(EngineTest, WritesTheTraceLinesBeforeTheMessage) {
  scratch.make_maildir("Maildir");
  const Outcome outcome = run();
  EXPECT_TRUE(outcome.report.done()) << outcome.report.text;
  EXPECT_EQ(outcome.counts.files, 1U);
  EXPECT_THAT(scratch.contents("Maildir/new"),
              ElementsAre("Return-Path: <a@b>\nDelivered-To: joe@x.example\nSubject: x\n\nbody\n"));
}

TEST_F(EngineTest, AMissingMaildirIsMadeOnlyForTheDefaultDeliveryAndOnlyWhenAsked) {
  EXPECT_EQ(run().report.text, "Unable to chdir to maildir. (#4.2.1)");
  settings.create_maildirs = true;
  scratch.write(".qmail", "./Maildir/\n");
  EXPECT_EQ(run().report.text, "Unable to chdir to maildir. (#4.2.1)");
  scratch.write(".qmail", "");
  EXPECT_TRUE(run().report.done());
  EXPECT_EQ(scratch.names("Maildir/new").size(), 1U);
  EXPECT_EQ(scratch.names("Maildir/cur").size(), 0U);
}

TEST_F(EngineTest, NoMaildirIsMadeOutsideTheHome) {
  settings.create_maildirs = true;
  for (const char* path : {"../x-letterbox-test/", "/nonexistent/x/", "./missing/deep/"}) {
    request.default_delivery = path;
    EXPECT_EQ(run().report.verdict, Verdict::Later) << path;
  }
}

TEST_F(EngineTest, ALoopIsNeverInAnyCase) {
  EXPECT_EQ(run("Delivered-To: joe@x.example\n\n").report.verdict, Verdict::Never);
  EXPECT_EQ(run("A: b\ndelivered-to: JOE@x.example\n\n").report.verdict, Verdict::Never);
  EXPECT_EQ(run("A: b\n\nDelivered-To: joe@x.example\n").report.verdict, Verdict::Later);
  EXPECT_EQ(run("Delivered-To: joe@x.example2\n\n").report.verdict, Verdict::Later);
}

TEST_F(EngineTest, AFailingLineStopsAndSuppressesForwards) {
  scratch.write(".qmail", "&f@x\n|exit 100\n|touch never\n");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.report.verdict, Verdict::Never);
  EXPECT_FALSE(scratch.exists("never"));
  EXPECT_FALSE(outcome.queued);
}

TEST_F(EngineTest, Status99SkipsTheRest) {
  scratch.write(".qmail", "|exit 99\n|touch never\n");
  const Outcome outcome = run();
  EXPECT_TRUE(outcome.report.done());
  EXPECT_EQ(outcome.counts.programs, 1U);
  EXPECT_FALSE(scratch.exists("never"));
}

TEST_F(EngineTest, TheLastWordsOfAProgramAreTheReason) {
  scratch.write(".qmail", "|echo first; echo 'go away (#5.7.1)' >&2; echo; exit 100\n");
  EXPECT_EQ(run().report.detail, "go away (#5.7.1)");
}

TEST_F(EngineTest, OfAProgramThatTalksForEverOnlyTheEndIsKept) {
  scratch.write(".qmail", "|yes x | head -c 1000000; echo; echo end; exit 111\n");
  EXPECT_EQ(run().report.detail, "end");
  scratch.write(".qmail", "|head -c 1000000 /dev/zero | tr '\\0' y; exit 111\n");
  EXPECT_LE(run().report.detail.size(), program_limits(settings)->output);
}

TEST_F(EngineTest, TheMistakeIsMetAfterTheLinesBeforeIt) {
  scratch.write(".qmail", "&a@b\n./box\n");
  ASSERT_EQ(::chmod(scratch.path(".qmail").c_str(), 0744), 0);
  settings.pretend = true;
  const Outcome outcome = run();
  EXPECT_EQ(outcome.report.text, "Uh-oh: .qmail has file delivery but has x bit set. (#4.7.0)");
  EXPECT_THAT(said, ElementsAre("forward a@b"));
}

TEST_F(EngineTest, AStickyHomeWaitsAndIsAWarningOnlyWhenNothingIsDone) {
  ASSERT_EQ(::chmod(scratch.path().c_str(), 01755), 0);
  EXPECT_EQ(run().report.verdict, Verdict::Later);
  settings.pretend = true;
  EXPECT_TRUE(run().report.done());
  EXPECT_THAT(said, ElementsAre("Warning: home directory is sticky.", "maildir ./Maildir/"));
}

TEST_F(EngineTest, ACommentAloneIsABlackHole) {
  scratch.write(".qmail", "# gone\n");
  EXPECT_TRUE(run().report.done());
}

TEST_F(EngineTest, AQmailFileBeyondTheLimitWaits) {
  scratch.write(".qmail", '#' + std::string(dotqmail::kMaxFileOctets, 'x'));
  EXPECT_EQ(run().report.verdict, Verdict::Later);
}

TEST_F(EngineTest, AnExtensionBeyondTheLimitIsNever) {
  request.dash = "-";
  request.ext = std::string(dotqmail::kMaxExtension + 1, 'x');
  EXPECT_EQ(run().report.text, "Sorry, this address is too long. (#5.1.3)");
}

// Without a lock nothing is written, whatever the reason (CONTRACT 8, row 13).
TEST_F(EngineTest, AnMboxThatCannotBeLockedWaits) {
  scratch.write(".qmail", "./sub/box\n");
  scratch.make_directory("sub");
  settings.locks = {true, KernelLock::None, std::chrono::milliseconds{0}};
  scratch.write("sub/box.lock", "");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.report.verdict, Verdict::Later);
  EXPECT_THAT(outcome.report.text, testing::HasSubstr("lock"));
  EXPECT_TRUE(!scratch.exists("sub/box") || scratch.read("sub/box").empty());
}

// Whatever call fails, the answer is Later or the message is whole in new/; never half of it.
TEST_F(EngineTest, EveryFailingCallWaits) {
  for (std::size_t n = 1; n < 40; ++n) {
    const ScratchDirectory home;
    home.make_maildir("Maildir");
    TestSystem world;
    world.files.fail_call(n, EIO);
    request.home = home.path();
    const ScratchDirectory elsewhere;
    elsewhere.write("message", "Subject: x\n\nbody\n");
    const UniqueFd file{::open(elsewhere.path("message").c_str(), O_RDONLY)};
    const Outcome outcome = deliver(world.system, request, settings, file.get());
    EXPECT_NE(outcome.report.verdict, Verdict::Never) << n;
    for (const std::string& each : home.contents("Maildir/new")) {
      EXPECT_THAT(each, testing::EndsWith("Subject: x\n\nbody\n")) << n;
    }
    if (outcome.report.done()) {
      EXPECT_EQ(home.names("Maildir/new").size(), 1U) << n;
    }
  }
}

}  // namespace
}  // namespace lbx::deliver
