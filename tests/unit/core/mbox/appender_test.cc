// SPDX-License-Identifier: MIT
#include "core/mbox/appender.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "support/scratch.h"
#include "support/test_system.h"
#include "unit/core/mbox/fake_lock_ops.h"

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::FakeLockOps;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

constexpr std::string_view kEnvelope = "From a@b Mon Jan 02 03:04:05 2006\nReturn-Path: <a@b>\n";

MessageSource text_source(std::string text) {
  return [text = std::move(text)](const ChunkSink& sink) -> Result<void> {
    for (std::size_t at = 0; at < text.size(); at += 1000) {
      LBX_TRY(sink(std::string_view{text}.substr(at, 1000)));
    }
    return {};
  };
}

class AppenderTest : public testing::Test {
 protected:
  std::optional<AppendFailure> append(const std::string& message, MboxLockPolicy policy = {}) {
    return append_to_mbox(outside.system, locks, scratch.fd(), "mbox", policy, kEnvelope,
                          text_source(message));
  }

  ScratchDirectory scratch;
  TestSystem outside;
  FakeLockOps locks;
  const std::string envelope{kEnvelope};
};

TEST_F(AppenderTest, WritesEnvelopeQuotedMessageAndAnEmptyLine) {
  ASSERT_FALSE(append("S: x\n\nFrom me\n>From you\n"));
  EXPECT_EQ(scratch.read("mbox"), envelope + "S: x\n\n>From me\n>>From you\n\n");
  EXPECT_THAT(scratch.names(""), ElementsAre("mbox"));
}

TEST_F(AppenderTest, EndsALastLineWithoutNewline) {
  ASSERT_FALSE(append("S: x\n\nFrom"));
  EXPECT_EQ(scratch.read("mbox"), envelope + "S: x\n\nFrom\n\n");
}

TEST_F(AppenderTest, AnEmptyMessageIsAnEmptyLine) {
  ASSERT_FALSE(append(""));
  EXPECT_EQ(scratch.read("mbox"), envelope + "\n");
}

TEST_F(AppenderTest, KeepsWhatIsThereAndEndsItsLastLine) {
  scratch.write("mbox", "From old\n\nx");
  ASSERT_FALSE(append("S: y\n"));
  EXPECT_EQ(scratch.read("mbox"), "From old\n\nx\n\n" + envelope + "S: y\n\n");
}

TEST_F(AppenderTest, TakesTheLocksOfItsPolicyAndNoOther) {
  ASSERT_FALSE(append("x\n"));
  EXPECT_THAT(locks.asked, ElementsAre(KernelLock::Fcntl));
  locks.asked.clear();
  ASSERT_FALSE(append("x\n", MboxLockPolicy::qmail()));
  EXPECT_THAT(locks.asked, ElementsAre(KernelLock::Flock));
}

TEST_F(AppenderTest, TellsATimeoutFromALockThatFailsAndFromAFileThatDoesNotOpen) {
  locks.free = false;
  EXPECT_EQ(append("x\n")->step, AppendStep::LockTimeout);
  EXPECT_EQ(locks.slept, kMboxLockTimeout);
  locks.lock_error = ENOLCK;
  EXPECT_EQ(append("x\n")->step, AppendStep::Lock);
  scratch.write("mbox.lock", "1:host.example\n");
  EXPECT_EQ(append("x\n")->step, AppendStep::LockTimeout);
  scratch.make_directory("directory");
  const auto failure = append_to_mbox(outside.system, locks, scratch.fd(), "directory",
                                      MboxLockPolicy::qmail(), kEnvelope, text_source("x\n"));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->step, AppendStep::Open);
  EXPECT_EQ(failure->error.os_error, EISDIR);
}

TEST_F(AppenderTest, AMessageThatCannotBeReadLeavesNothing) {
  scratch.write("mbox", "From old\n\nx\n\n");
  const auto failure = append_to_mbox(outside.system, locks, scratch.fd(), "mbox", {}, kEnvelope,
                                      [](const ChunkSink& sink) -> Result<void> {
                                        LBX_TRY(sink(std::string(300'000, 'x')));
                                        return Error::later("read failed");
                                      });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->step, AppendStep::Read);
  EXPECT_EQ(scratch.read("mbox"), "From old\n\nx\n\n");
}

// Whatever call fails: the mbox has its old content, or the message was taken.
TEST_F(AppenderTest, EveryFailingCallIsReportedAndTheFileIsAsBefore) {
  const std::string before = "From old\n\nx\n\n";
  const std::string message(200'000, 'x');
  for (std::size_t n = 1; n < 30; ++n) {
    const ScratchDirectory here;
    here.write("mbox", before);
    TestSystem world;
    FakeLockOps free;
    world.files.fail_call(n, EIO);
    const auto failure =
        append_to_mbox(world.system, free, here.fd(), "mbox", {}, kEnvelope, text_source(message));
    const bool only_close = !world.files.journal().empty() && n <= world.files.journal().size() &&
                            world.files.journal()[n - 1] == "close";
    if (failure && !only_close) {
      EXPECT_EQ(here.read("mbox"), before) << n;
    } else {
      EXPECT_EQ(here.read("mbox"), before + envelope + message + "\n\n") << n;
    }
  }
}

TEST_F(AppenderTest, BothLocksOfTheKernelOnlyWhereBothCanBeHad) {
  const MboxLockPolicy both{false, KernelLock::Fcntl, std::chrono::seconds{1}, KernelLock::Flock};
  ASSERT_FALSE(append("x\n", both));
  EXPECT_THAT(locks.asked, ElementsAre(KernelLock::Fcntl, KernelLock::Fcntl, KernelLock::Flock,
                                       KernelLock::Flock));
  locks.asked.clear();
  outside.files.fail_call(3, EACCES);  // the probe's open: nothing can be tried beside the mbox
  ASSERT_FALSE(append("x\n", both));
}

TEST_F(AppenderTest, TheOrderOfLocksIsThePolicys) {
  scratch.write("mbox.lock", "");
  const MboxLockPolicy kernel_first{true, KernelLock::Fcntl, std::chrono::seconds{1},
                                    KernelLock::None, true};
  const auto failure = append("x\n", kernel_first);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->step, AppendStep::LockTimeout);
  EXPECT_THAT(locks.asked, ElementsAre(KernelLock::Fcntl));
}

// maildir2mbox renames a new mbox over the old one, whose lock others wait for.
TEST_F(AppenderTest, AFileThatWasReplacedWhileItsLockWasWaitedForIsNotWrittenTo) {
  scratch.write("mbox", "From old\n\nx\n\n");
  const auto replace = [this] {
    scratch.write("next", "From next\n\ny\n\n");
    ASSERT_EQ(::renameat(scratch.fd(), "next", scratch.fd(), "mbox"), 0);
  };
  locks.on_lock = [&] {
    if (locks.asked.size() == 1) replace();
  };
  ASSERT_FALSE(append("S: x\n", {false, KernelLock::Flock}));
  EXPECT_EQ(scratch.read("mbox"), "From next\n\ny\n\n" + envelope + "S: x\n\n");

  locks.on_lock = replace;
  const auto failure = append("S: x\n", {false, KernelLock::Flock});
  ASSERT_TRUE(failure) << "it ends though somebody replaces it again and again";
  EXPECT_EQ(failure->error.retry, Retry::Later);
}

TEST_F(AppenderTest, WhatIsNoFileIsNotWrittenTo) {
  ASSERT_EQ(::mkfifoat(scratch.fd(), "mbox", 0600), 0);
  const auto failure = append("x\n", {false, KernelLock::None});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->step, AppendStep::Open);
}

/// Appends once more after an earlier try that began at `began` and left `left` behind.
class AppendOnceTest : public AppenderTest {
 protected:
  std::optional<AppendFailure> again(const std::string& left, std::uint64_t began) {
    scratch.write("mbox", left);
    const AppendOnce once{began, [this](std::uint64_t length) {
                            noted = length;
                            return Result<void>{};
                          }};
    return append_to_mbox(outside.system, locks, scratch.fd(), "mbox", {}, kEnvelope,
                          text_source(message), &once);
  }

  const std::string message = "S: x\n\nFrom me\n" + std::string(3000, 'y') + "\n";
  const std::string before = "From old\n\nx\n\n";
  const std::string entry = envelope + "S: x\n\n>From me\n" + std::string(3000, 'y') + "\n\n";
  std::optional<std::uint64_t> noted;
};

TEST_F(AppendOnceTest, WhereverAnEarlierTryStoppedTheMessageIsThereOnce) {
  for (std::size_t cut = 0; cut <= entry.size(); cut += cut < 100 ? 1 : 97) {
    ASSERT_FALSE(again(before + entry.substr(0, cut), before.size())) << cut;
    EXPECT_EQ(scratch.read("mbox"), before + entry) << cut;
  }
  noted.reset();
  ASSERT_FALSE(again(before + entry, before.size()));
  EXPECT_FALSE(noted) << "nothing is begun where nothing is left to do";
  EXPECT_EQ(scratch.read("mbox"), before + entry);
}

TEST_F(AppendOnceTest, AWholeOneIsFoundBehindWhichOthersHaveCome) {
  const std::string later = "From later\n\nz\n\n";
  ASSERT_FALSE(again(before + entry + later, before.size()));
  EXPECT_EQ(scratch.read("mbox"), before + entry + later);
}

TEST_F(AppendOnceTest, WhatSomebodyElseWroteIsNeverTakenAway) {
  const std::string half = before + entry.substr(0, 50) + "\n\nFrom later\n\nz\n\n";
  ASSERT_FALSE(again(half, before.size()));
  EXPECT_EQ(scratch.read("mbox"), half + entry);
  EXPECT_EQ(noted, half.size());
  ASSERT_FALSE(again("From new\n\n", before.size()));  // shorter than it was
  EXPECT_EQ(scratch.read("mbox"), "From new\n\n" + entry);
}

TEST_F(AppendOnceTest, WithoutANoteNothingIsWritten) {
  scratch.write("mbox", before);
  const AppendOnce once{std::nullopt,
                        [](std::uint64_t) { return Result<void>{Error::later("no room")}; }};
  EXPECT_TRUE(append_to_mbox(outside.system, locks, scratch.fd(), "mbox", {}, kEnvelope,
                             text_source(message), &once));
  EXPECT_EQ(scratch.read("mbox"), before);
}

TEST_F(AppenderTest, SyncsTheFileLastAndTheDirectoryOfANewOne) {
  ASSERT_FALSE(append("x\n"));
  const std::vector<std::string>& calls = outside.files.journal();
  EXPECT_EQ(std::ranges::count(calls, "sync"), 2);
  const auto last_write = std::ranges::find(calls.rbegin(), calls.rend(), "write");
  EXPECT_EQ(std::count(calls.rbegin(), last_write, "sync"), 1);
}

}  // namespace
}  // namespace lbx
