// SPDX-License-Identifier: MIT
#include "core/base/supervised.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "support/scratch.h"

namespace lbx {
namespace {

using testing_support::ScratchDirectory;
using namespace std::chrono_literals;

Command shell(const std::string& script) {
  Command command;
  command.argv = {"/bin/sh", "-c", script};
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  return command;
}

struct Ran {
  Supervised ended;
  std::string output;
};

Result<Ran> run(Command command, std::chrono::milliseconds time = 60s) {
  PosixFileOps files;
  std::string said;
  const Supervised ended = LBX_TRY(run_supervised(
      files, std::move(command), time, [&said](std::string_view more) { said += more; }));
  return Ran{ended, said};
}

TEST(SupervisedTest, GivesStatusAndBothOutputs) {
  const auto ran = run(shell("echo out; echo err >&2; exit 17"));
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_FALSE(ran->ended.timed_out);
  EXPECT_EQ(ran->ended.status.code, 17);
  EXPECT_EQ(ran->output, "out\nerr\n");
}

TEST(SupervisedTest, TheProgramLeadsAGroupOfItsOwn) {
  const auto ran = run(shell("test \"$(ps -o pgid= -p $$ | tr -d ' ')\" = $$"));
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_EQ(ran->ended.status.code, 0);
}

TEST(SupervisedTest, TheWholeGroupEndsWithItsTime) {
  // The end of the inner one closes the pipe, which wakes the reader.
  Result<Pipe> alive = make_pipe();
  ASSERT_TRUE(alive) << alive.error().what;
  Command command = shell("sleep 1000 & sleep 1000");
  command.redirections = {{alive->write_end.get(), 9}};
  const auto ran = run(std::move(command), 1ms);
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_TRUE(ran->ended.timed_out);
  EXPECT_TRUE(ran->ended.status.crashed);
  alive->write_end.reset();
  char nothing = 0;
  EXPECT_EQ(::read(alive->read_end.get(), &nothing, 1), 0);
}

TEST(SupervisedTest, ItEndsWithWhoeverRunsIt) {
  Result<Pipe> alive = make_pipe();
  Result<Pipe> started = make_pipe();
  ASSERT_TRUE(alive && started);
  const pid_t runner = ::fork();
  ASSERT_GE(runner, 0);
  if (runner == 0) {
    Command command = shell("echo started >&8; sleep 1000 & sleep 1000");
    command.redirections = {{alive->write_end.get(), 9}, {started->write_end.get(), 8}};
    PosixFileOps files;
    static_cast<void>(run_supervised(files, command, 1h));
    ::_exit(0);
  }
  alive->write_end.reset();
  char word = 0;
  ASSERT_EQ(::read(started->read_end.get(), &word, 1), 1);
  ASSERT_EQ(::kill(runner, SIGKILL), 0);
  ASSERT_EQ(::waitpid(runner, nullptr, 0), runner);
  EXPECT_EQ(::read(alive->read_end.get(), &word, 1), 0);  // all of them have ended
}

TEST(SupervisedTest, WhatIsLeftBehindDoesNotHoldUs) {
  Result<Pipe> alive = make_pipe();
  ASSERT_TRUE(alive) << alive.error().what;
  Command command = shell("sleep 1000 & exit 3");
  command.redirections = {{alive->write_end.get(), 9}};
  command.environment["PATH"] = "/usr/bin:/bin";
  const auto ran = run(std::move(command), 300ms);
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_FALSE(ran->ended.timed_out);
  EXPECT_EQ(ran->ended.status.code, 3);
}

TEST(SupervisedTest, LimitsHoldForTheProgram) {
  Command command = shell("ulimit -d; ulimit -u 2>/dev/null || ulimit -p");
  command.limits = {std::uint64_t{64} * 1024 * 1024, 77};
  const auto ran = run(std::move(command));
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_EQ(ran->output, "65536\n77\n");
}

TEST(SupervisedTest, AProgramThatClosesItsOutputIsStillWaitedFor) {
  const ScratchDirectory scratch;
  Command command = shell("exec >&- 2>&-; : >done; exit 4");
  command.directory = scratch.fd();
  const auto ran = run(std::move(command));
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_EQ(ran->ended.status.code, 4);
  EXPECT_TRUE(scratch.exists("done"));
}

}  // namespace
}  // namespace lbx
