// SPDX-License-Identifier: MIT
#include "core/wire/queue_client.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::wire {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

// A queue program of our own: `script` is a shell script, its message and envelope go to files.
class QueueClientTest : public testing::Test {
 protected:
  void SetUp() override { before = std::signal(SIGPIPE, SIG_IGN); }
  void TearDown() override { static_cast<void>(std::signal(SIGPIPE, before)); }

  void queue_is(const std::string& script) {
    scratch.make_directory("bin");
    scratch.write("bin/qmail-queue", "#!/bin/sh\nPATH=/usr/bin:/bin\n" + script);
    ASSERT_EQ(::chmod(scratch.path("bin/qmail-queue").c_str(), 0755), 0);
    environment = {{"LETTERBOX_HOME", scratch.path()}};
  }
  Result<pid_t> submit(const std::string& message, bool abandon = false) {
    QueueSubmission queue = LBX_TRY(QueueSubmission::open(outside.system, environment));
    queue.write(message);
    if (abandon) queue.abandon();
    return std::move(queue).finish({"s@x", {"a@b", "c@d"}});
  }

  ScratchDirectory scratch;
  TestSystem outside;
  Environment environment;
  sighandler_t before{};
};

TEST_F(QueueClientTest, GivesMessageAndEnvelope) {
  using namespace std::string_literals;
  queue_is("cat >message; cat <&1 >envelope\n");
  const Result<pid_t> done = submit("Subject: x\n\nbody");
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_GT(*done, 0);
  EXPECT_EQ(scratch.read("message"), "Subject: x\n\nbody");
  EXPECT_EQ(scratch.read("envelope"), "Fs@x\0Ta@b\0Tc@d\0\0"s);
}

TEST_F(QueueClientTest, QmailqueueNamesAnotherProgramRelativeToTheHome) {
  queue_is("cat >message; cat <&1 >envelope\n");
  scratch.write("other", "#!/bin/sh\nexit 31\n");
  ASSERT_EQ(::chmod(scratch.path("other").c_str(), 0755), 0);
  environment["QMAILQUEUE"] = "./other";
  const Result<pid_t> done = submit("x");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().retry, Retry::Never);
  EXPECT_EQ(done.error().what, "mail server permanently rejected message (#5.3.0)");
}

TEST_F(QueueClientTest, AnAbandonedMessageIsNeverComplete) {
  queue_is("cat >message; cat <&1 >envelope\n");
  const Result<pid_t> done = submit("half", true);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, "qq read error (#4.3.0)");
  EXPECT_EQ(scratch.read("envelope"), "");
}

TEST_F(QueueClientTest, AProgramThatDoesNotReadIsStillHeard) {
  queue_is("exit 53\n");
  const Result<pid_t> done = submit(std::string(1'000'000, 'x'));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, "qq write error or disk full (#4.3.0)");
}

TEST_F(QueueClientTest, NoProgramAndNoHomeAreLater) {
  environment = {{"LETTERBOX_HOME", scratch.path()}};
  EXPECT_EQ(submit("x").error().what, "unable to exec qq (#4.3.0)");
  environment = {{"LETTERBOX_HOME", scratch.path("nothere")}};
  EXPECT_EQ(submit("x").error().what, "qq trouble in home directory (#4.3.0)");
}

TEST_F(QueueClientTest, TheProgramsOwnTextIsCutAtItsLimit) {
  queue_is("(printf D; yes | head -c 100000) >&6; exit 82\n");
  const Result<pid_t> done = submit("x");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what.size(), kMaxQueueText - 1);
}

std::string result(bool crashed, int code, std::string_view text = "") {
  const Result<void> outcome = queue_result({crashed, code}, text);
  if (outcome) return "ok";
  return (outcome.error().retry == Retry::Never ? "D" : "Z") + outcome.error().what;
}

TEST(QueueResultTest, EveryCodeMeansWhatTheContractSays) {
  EXPECT_EQ(result(false, 0), "ok");
  EXPECT_EQ(result(false, 11), "Denvelope address too long for qq (#5.1.3)");
  EXPECT_EQ(result(false, 115), "Denvelope address too long for qq (#5.1.3)");
  EXPECT_EQ(result(false, 12), "Dqq permanent problem (#5.3.0)");
  EXPECT_EQ(result(false, 40), "Dqq permanent problem (#5.3.0)");
  EXPECT_EQ(result(false, 41), "Zqq temporary problem (#4.3.0)");
  EXPECT_EQ(result(false, 66), "Zqq trouble creating files in queue (#4.3.0)");
  EXPECT_EQ(result(false, 82), "Zqq temporary problem (#4.3.0)");
  EXPECT_EQ(result(false, 91), "Zqq internal bug (#4.3.0)");
  EXPECT_EQ(result(false, 120), "Zunable to exec qq (#4.3.0)");
  EXPECT_EQ(result(true, 9), "Zqq crashed (#4.3.0)");
}

TEST(QueueResultTest, OnlyCodes82And88SpeakForThemselves) {
  EXPECT_EQ(result(false, 82, "Dno (#5.7.1)"), "Dno (#5.7.1)");
  EXPECT_EQ(result(false, 88, "Zlater (#4.7.1)"), "Zlater (#4.7.1)");
  EXPECT_EQ(result(false, 31, "Dno"), "Dmail server permanently rejected message (#5.3.0)");
  EXPECT_EQ(result(false, 82, "Dx"), "Zqq temporary problem (#4.3.0)");
  EXPECT_EQ(result(false, 82, "xyz"), "Zqq temporary problem (#4.3.0)");
}

}  // namespace
}  // namespace lbx::wire
