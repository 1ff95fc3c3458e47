// SPDX-License-Identifier: MIT
#include "core/maildir/quota.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx {
namespace {

using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

Result<bool> no_wait(int /*fd*/) {
  return true;
}

class MaildirQuotaTest : public testing::Test {
 protected:
  void SetUp() override {
    scratch.make_maildir("m");
    fd.reset(::open(scratch.path("m").c_str(), O_PATH | O_DIRECTORY));
    // Frozen time must not be before that of the files.
    outside.clock.time.seconds = 4'000'000'000;
  }
  Result<std::optional<MaildirQuota>> find(const QuotaLimit& fallback = {}) {
    return MaildirQuota::find(outside.system, fd.get(), "",
                              [fallback] { return Result<QuotaLimit>{fallback}; });
  }
  /// One message, as deliveries do it.
  bool add(std::uint64_t octets, const QuotaLimit& fallback = {}) {
    auto quota = find(fallback);
    EXPECT_TRUE(quota && *quota);
    const Result<UniqueFd> turn = (*quota)->take_turn(no_wait);
    EXPECT_TRUE(turn) << turn.error().what;
    const Result<bool> added = (*quota)->add(octets);
    EXPECT_TRUE(added) << added.error().what;
    return *added;
  }
  void message(const std::string& path, std::size_t octets) const {
    scratch.write("m/" + path, std::string(octets, 'x'));
  }
  std::string file() const { return scratch.read("m/maildirsize"); }
  bool was_counted() const {
    const auto& calls = outside.files.journal();
    return std::ranges::find(calls, "list new") != calls.end();
  }

  ScratchDirectory scratch;
  TestSystem outside;
  UniqueFd fd;
};

TEST_F(MaildirQuotaTest, NoneCostsOneFailedOpen) {
  const auto quota = find();
  ASSERT_TRUE(quota);
  EXPECT_FALSE(*quota);
  EXPECT_THAT(outside.files.journal(), testing::ElementsAre("open maildirsize"));
}

TEST_F(MaildirQuotaTest, AddsOneLineForAMessage) {
  scratch.write("m/maildirsize", "1000S,5C\n100 2\n");
  EXPECT_TRUE(add(50));
  EXPECT_EQ(file(), "1000S,5C\n100 2\n50 1\n");
  EXPECT_FALSE(was_counted());
}

TEST_F(MaildirQuotaTest, TheLimitOfTheFileCountsBeforeTheDefault) {
  message("new/a,S=100", 5);
  scratch.write("m/maildirsize", "1000S\n100 1\n");
  EXPECT_FALSE(add(950, {5000, 0}));
}

TEST_F(MaildirQuotaTest, WithoutAFileItCountsAndMakesOneWithTheDefault) {
  message("new/a,S=70", 5);
  message("cur/b:2,S", 30);
  EXPECT_TRUE(add(50, {1000, 0}));
  EXPECT_EQ(file(), "1000S\n100 2\n50 1\n");
  EXPECT_THAT(scratch.names("m/tmp"), IsEmpty());
}

TEST_F(MaildirQuotaTest, CountsAllFoldersAndEachMessageOnce) {
  message("new/a,S=1", 5);
  message("cur/a,S=1:2,", 5);  // being moved
  message("cur/t,S=2:2,T", 5);
  for (const char* folder : {".Trash", ".a.b"}) {
    scratch.make_maildir(std::string{"m/"} + folder);
    message(std::string{folder} + "/cur/x", 10);
  }
  message("cur/.hidden", 100);
  message("tmp/unfinished", 100);
  scratch.make_directory("m/.no-mailbox");
  scratch.make_maildir("other");
  scratch.write("other/new/x", "elsewhere");
  ASSERT_EQ(::symlink("../other", scratch.path("m/.link").c_str()), 0);
  const Result<QuotaUsage> usage = count_usage(outside.files, fd.get(), "");
  ASSERT_TRUE(usage) << usage.error().what;
  EXPECT_EQ(*usage, (QuotaUsage{23, 4}));
}

TEST_F(MaildirQuotaTest, AFolderCountsAgainstTheMaildirAroundIt) {
  scratch.make_maildir("m/.f");
  scratch.write("m/maildirsize", "1000S\n100 2\n");
  const UniqueFd folder{::open(scratch.path("m/.f").c_str(), O_PATH | O_DIRECTORY)};
  auto quota = MaildirQuota::find(outside.system, folder.get(), "../",
                                  [] { return Result<QuotaLimit>{QuotaLimit{}}; });
  ASSERT_TRUE(quota && *quota);
  ASSERT_TRUE((*quota)->take_turn(no_wait));
  EXPECT_TRUE(*(*quota)->add(7));
  EXPECT_EQ(file(), "1000S\n100 2\n7 1\n");
}

TEST_F(MaildirQuotaTest, ATornLineIsCountedAway) {
  message("new/a,S=70", 5);
  scratch.write("m/maildirsize", "1000S\n100 2\n5");
  EXPECT_TRUE(add(50));
  EXPECT_EQ(file(), "1000S\n70 1\n50 1\n");
}

TEST_F(MaildirQuotaTest, ALongFileIsMadeAnew) {
  std::string text = "1000S\n";
  while (text.size() <= kMaxMaildirsize) text += "0 0\n";
  scratch.write("m/maildirsize", text);
  EXPECT_TRUE(add(50));
  EXPECT_EQ(file(), "1000S\n0 0\n50 1\n");
}

TEST_F(MaildirQuotaTest, AFreshCountThatSaysFullIsBelieved) {
  scratch.write("m/maildirsize", "1000S\n990 2\n");  // nothing is there in truth
  struct stat status {};
  ASSERT_EQ(::stat(scratch.path("m/maildirsize").c_str(), &status), 0);
  outside.clock.time.seconds = status.st_mtim.tv_sec + kStaleQuotaSeconds - 1;
  EXPECT_FALSE(add(50));
  EXPECT_FALSE(was_counted());
  outside.clock.time.seconds += 1;
  EXPECT_TRUE(add(50));
  EXPECT_EQ(file(), "1000S\n0 0\n50 1\n");
}

TEST_F(MaildirQuotaTest, LinesAfterACountThatSayFullAreNot) {
  scratch.write("m/maildirsize", "1000S\n900 2\n90 1\n");
  struct stat status {};
  ASSERT_EQ(::stat(scratch.path("m/maildirsize").c_str(), &status), 0);
  outside.clock.time.seconds = status.st_mtim.tv_sec;
  EXPECT_TRUE(add(50));
}

TEST_F(MaildirQuotaTest, LookingWritesNothing) {
  message("new/a,S=70", 5);
  scratch.write("m/maildirsize", "100S\ntorn");
  auto quota = find();
  ASSERT_TRUE(quota && *quota);
  EXPECT_FALSE((*quota)->surely_has_room(1));
  EXPECT_TRUE(*(*quota)->has_room(30));
  EXPECT_FALSE(*(*quota)->has_room(31));
  EXPECT_EQ(file(), "100S\ntorn");
  EXPECT_EQ(scratch.names("m").size(), 4U);  // no lock file either
}

TEST_F(MaildirQuotaTest, WhatWasNotPublishedIsTakenBack) {
  scratch.write("m/maildirsize", "1000S\n100 2\n");
  auto quota = find();
  ASSERT_TRUE(quota && *quota);
  ASSERT_TRUE(*(*quota)->add(50));
  ASSERT_TRUE((*quota)->take_back(50));
  EXPECT_EQ(file(), "1000S\n100 2\n50 1\n-50 -1\n");
  EXPECT_EQ((*quota)->usage(), (QuotaUsage{100, 2}));
}

TEST_F(MaildirQuotaTest, AFileWithoutALimitAndNoDefaultIsLeftAlone) {
  scratch.write("m/maildirsize", "nonsense\n");
  const auto quota = find();
  ASSERT_TRUE(quota);
  EXPECT_FALSE(*quota);
  EXPECT_EQ(file(), "nonsense\n");
}

TEST_F(MaildirQuotaTest, UsageIsKeptForOthersWhereThereIsNoLimit) {
  scratch.write("m/maildirsize", "0S\n100 2\n");
  EXPECT_TRUE(add(50));
  EXPECT_EQ(file(), "0S\n100 2\n50 1\n");
}

TEST_F(MaildirQuotaTest, NobodyGetsATurnWhileTheLockIsHeld) {
  scratch.write("m/maildirsize", "1000S\n100 2\n");
  auto quota = find();
  ASSERT_TRUE(quota && *quota);
  const auto in_vain = [](int /*fd*/) { return Result<bool>{false}; };
  const Result<UniqueFd> turn = (*quota)->take_turn(in_vain);
  ASSERT_FALSE(turn);
  EXPECT_EQ(turn.error().retry, Retry::Later);
}

TEST_F(MaildirQuotaTest, AFileSystemWithoutLocksIsNoReasonToWait) {
  scratch.write("m/maildirsize", "1000S\n100 2\n");
  auto quota = find();
  ASSERT_TRUE(quota && *quota);
  for (const int code : {ENOLCK, EOPNOTSUPP, ENOSYS}) {
    EXPECT_TRUE(
        (*quota)->take_turn([code](int) { return Result<bool>{Error::from_errno(code, "lock")}; }));
  }
  EXPECT_FALSE(
      (*quota)->take_turn([](int) { return Result<bool>{Error::from_errno(EIO, "lock")}; }));
}

// Whatever call fails: an error or success, the file readable or as it was, nothing left in tmp/.
TEST_F(MaildirQuotaTest, EveryFailingCallLeavesAFileThatTellsTheTruth) {
  for (std::size_t n = 1;; ++n) {
    message("new/a,S=70", 5);
    scratch.write("m/maildirsize", "1000S\ntorn");
    const std::size_t before = outside.files.journal().size();
    outside.files.fail_call(n, EIO);
    auto quota = find();
    bool added = false;
    if (quota && *quota) {
      const Result<bool> result = (*quota)->add(50);
      added = result && *result;
    }
    const Maildirsize size = Maildirsize::parse(file());
    if (added) {
      EXPECT_EQ(size.usage, (QuotaUsage{120, 2})) << n;
    } else {
      EXPECT_TRUE(size.broken || size.usage == (QuotaUsage{70, 1})) << n;
      EXPECT_EQ(size.limit.octets, 1000U) << n;
    }
    EXPECT_THAT(scratch.names("m/tmp"), IsEmpty()) << n;
    if (outside.files.journal().size() - before < n) {
      EXPECT_TRUE(added);
      break;
    }
    outside.files.fail_call(0, 0);
  }
}

}  // namespace
}  // namespace lbx
