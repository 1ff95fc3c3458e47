// SPDX-License-Identifier: MIT
#include "core/base/process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "core/base/io.h"
#include "support/scratch.h"

namespace lbx {
namespace {

using testing_support::ScratchDirectory;

struct Ran {
  ExitStatus status;
  std::string output;
};

Result<Ran> run_shell(const std::string& script, Command command = {}) {
  PosixFileOps files;
  Pipe output = LBX_TRY(make_pipe());
  command.argv = {"/bin/sh", "-c", script};
  command.redirections.push_back({output.write_end.get(), 1});
  Child child = LBX_TRY(spawn(command));
  output.write_end.reset();
  std::string said;
  const ExitStatus status = LBX_TRY(std::move(child).wait(
      files, std::move(output.read_end), [&said](std::string_view more) { said += more; }));
  return Ran{status, said};
}

TEST(ProcessTest, GivesTheExitStatus) {
  const Result<Ran> ran = run_shell("exit 17");
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_FALSE(ran->status.crashed);
  EXPECT_EQ(ran->status.code, 17);
}

TEST(ProcessTest, TellsASignalFromAStatus) {
  const Result<Ran> ran = run_shell("kill -9 $$");
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_TRUE(ran->status.crashed);
  EXPECT_EQ(ran->status.code, SIGKILL);
}

TEST(ProcessTest, GivesExactlyTheEnvironmentThatWasNamed) {
  Command command;
  command.environment = {{"A", "1 2"}, {"B", ""}};
  const Result<Ran> ran = run_shell("echo \"$A,${B-unset},${HOME-unset}\"", command);
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_EQ(ran->output, "1 2,,unset\n");
}

TEST(ProcessTest, RunsInTheGivenDirectory) {
  const ScratchDirectory scratch;
  scratch.write("here", "x");
  Command command;
  command.directory = scratch.fd();
  const Result<Ran> ran = run_shell("echo *", command);
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_EQ(ran->output, "here\n");
}

TEST(ProcessTest, SwapsDescriptorsWithoutLosingOne) {
  PosixFileOps files;
  const ScratchDirectory scratch;
  scratch.write("a", "A");
  scratch.write("b", "B");
  const UniqueFd a{::open(scratch.path("a").c_str(), O_RDONLY | O_CLOEXEC)};
  const UniqueFd b{::open(scratch.path("b").c_str(), O_RDONLY | O_CLOEXEC)};
  Command command;
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  command.redirections = {{a.get(), b.get()}, {b.get(), a.get()}};
  const std::string script =
      "cat <&" + std::to_string(a.get()) + "; cat <&" + std::to_string(b.get());
  const Result<Ran> ran = run_shell(script, command);
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_EQ(ran->output, "BA");
}

TEST(ProcessTest, AProgramThatCannotStartEndsWithTheStatusForThat) {
  Command command;
  command.argv = {"/nonexistent/program"};
  command.exec_failed = 120;
  Result<Child> child = spawn(command);
  ASSERT_TRUE(child) << child.error().what;
  const Result<ExitStatus> status = std::move(*child).wait();
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_EQ(status->code, 120);
}

TEST(ProcessTest, ChildrenMeetABrokenPipeAsASignal) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const Result<Ran> ran = run_shell("kill -PIPE $$; echo survived");
  static_cast<void>(std::signal(SIGPIPE, before));
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_TRUE(ran->status.crashed);
  EXPECT_EQ(ran->output, "");
}

// A process left behind holds the pipe; it must not hold us. It is ended by the pipe it reads.
TEST(ProcessTest, DoesNotWaitForWhatAChildLeftBehind) {
  Result<Pipe> holder = make_pipe();
  ASSERT_TRUE(holder) << holder.error().what;
  Command command;
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  command.redirections = {{holder->read_end.get(), 0}};
  const Result<Ran> ran = run_shell("exec 3<&0; cat <&3 & echo said", command);
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_EQ(ran->output, "said\n");
}

TEST(ProcessTest, EndlessOutputOfWhatWasLeftBehindIsCut) {
  Command command;
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  const Result<Ran> ran = run_shell("yes & exit 3", command);
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_EQ(ran->status.code, 3);
  EXPECT_LT(ran->output.size(), 64 * kMaxTrailingOutput);
}

}  // namespace
}  // namespace lbx
