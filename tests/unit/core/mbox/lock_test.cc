// SPDX-License-Identifier: MIT
#include "core/mbox/lock.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>

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
using namespace std::chrono_literals;

class DotLockTest : public testing::Test {
 protected:
  Result<std::optional<DotLock>> acquire(std::chrono::milliseconds timeout = 30s) {
    LockWait wait{locks, timeout};
    return DotLock::acquire(outside.system, locks, scratch.fd(), "mbox", wait);
  }
  /// Leaves a lock file as another program would, last touched `age` seconds ago.
  void leave(std::string_view text, std::int64_t age) {
    scratch.write("mbox.lock", text);
    const std::int64_t then = outside.clock.time.seconds - age;
    const timespec times[2] = {{then, 0}, {then, 0}};
    ASSERT_EQ(::utimensat(scratch.fd(), "mbox.lock", times, 0), 0);
  }
  bool taken(std::chrono::milliseconds timeout = 30s) {
    const auto lock = acquire(timeout);
    return lock && lock->has_value();
  }

  ScratchDirectory scratch;
  TestSystem outside;
  FakeLockOps locks;
};

TEST_F(DotLockTest, NamesItsOwnerAndGoesWithTheObject) {
  {
    const auto lock = acquire();
    ASSERT_TRUE(lock) << lock.error().what;
    ASSERT_TRUE(*lock);
    EXPECT_EQ(scratch.read("mbox.lock"), "4711:host.example\n");
    EXPECT_THAT(scratch.names(""), ElementsAre("mbox.lock"));
  }
  EXPECT_THAT(scratch.names(""), IsEmpty());
}

TEST_F(DotLockTest, WaitsForAnotherOneUntilTheTimeIsUsedUp) {
  leave("1:host.example\n", 0);
  EXPECT_FALSE(taken(30s));
  EXPECT_EQ(locks.slept, 30s);
  EXPECT_TRUE(scratch.exists("mbox.lock"));
}

TEST_F(DotLockTest, ComesInWhenTheOtherOneLeaves) {
  leave("1:host.example\n", 0);
  locks.on_sleep = [this] { ::unlinkat(scratch.fd(), "mbox.lock", 0); };
  EXPECT_TRUE(taken());
}

TEST_F(DotLockTest, ALockIsStaleOnlyIfOldAndItsProcessDeadHere) {
  leave("99:host.example\n", kStaleLockSeconds - 1);
  EXPECT_FALSE(taken(1s)) << "young";
  leave("99:other.example\n", kStaleLockSeconds);
  EXPECT_FALSE(taken(1s)) << "of another host";
  leave("0\n", kStaleLockSeconds * 100);
  EXPECT_FALSE(taken(1s)) << "of nobody known";
  locks.alive = {99};
  leave("99:host.example\n", kStaleLockSeconds);
  EXPECT_FALSE(taken(1s)) << "alive";
  locks.alive.clear();
  EXPECT_TRUE(taken(1s));
  leave("99\n", kStaleLockSeconds);
  EXPECT_TRUE(taken(1s)) << "a pid alone, on a local file system";
}

TEST_F(DotLockTest, AReadersLockIsStaleAsSoonAsItsProcessIsDead) {
  locks.alive = {99};
  leave("99:host.example\nreading\n", 0);
  EXPECT_FALSE(taken(1s)) << "alive";
  locks.alive.clear();
  EXPECT_TRUE(taken(1s));
  LockWait wait{locks, 1s};
  const auto lock =
      DotLock::acquire(outside.system, locks, scratch.fd(), "mbox", wait, LockMode::Shared);
  ASSERT_TRUE(lock && *lock);
  EXPECT_TRUE(scratch.read("mbox.lock").ends_with(":host.example\nreading\n"));
}

TEST_F(DotLockTest, DoesNotRemoveALockThatSomebodyElseHasTakenOver) {
  {
    const auto lock = acquire();
    ASSERT_TRUE(lock && *lock);
    ASSERT_EQ(::unlinkat(scratch.fd(), "mbox.lock", 0), 0);
    scratch.write("other", "1:host.example\n");
    ASSERT_EQ(::renameat(scratch.fd(), "other", scratch.fd(), "mbox.lock"), 0);
  }
  EXPECT_TRUE(scratch.exists("mbox.lock"));
}

TEST_F(DotLockTest, WorksWithoutHardLinks) {
  outside.files.fail_every("link", EPERM);
  EXPECT_TRUE(taken());
  EXPECT_THAT(scratch.names(""), IsEmpty());
  leave("1:host.example\n", 0);
  EXPECT_FALSE(taken(1s));
}

TEST_F(DotLockTest, ADirectoryThatTakesNoLockIsAnError) {
  outside.files.fail_every("link_fd", EIO);
  const auto lock = acquire();
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().os_error, EIO);
  EXPECT_THAT(scratch.names(""), IsEmpty());
}

TEST_F(DotLockTest, WhereAFileWithoutANameCannotBeMadeItHasAPrivateOne) {
  outside.files.fail_call(1, EOPNOTSUPP);
  const auto lock = acquire();
  ASSERT_TRUE(lock && *lock);
  EXPECT_THAT(outside.files.journal(), testing::Contains("link mbox.lock"));
  EXPECT_THAT(scratch.names(""), testing::ElementsAre("mbox.lock"));
}

TEST(MboxLockPolicyTest, WordsAndTheirOrderAreThePolicy) {
  const auto policy = [](const char* words) {
    const Result<MboxLockPolicy> read = MboxLockPolicy::parse(words);
    EXPECT_TRUE(read) << words;
    return read ? *read : MboxLockPolicy{};
  };
  EXPECT_TRUE(policy("dotlock,fcntl").dot_lock);
  EXPECT_EQ(policy("dotlock,fcntl").kernel, KernelLock::Fcntl);
  EXPECT_FALSE(policy("dotlock,fcntl").kernel_first);
  EXPECT_TRUE(policy("fcntl,dotlock").kernel_first);
  EXPECT_EQ(policy("dotlock").kernel, KernelLock::None);
  EXPECT_FALSE(policy("flock").dot_lock);
  EXPECT_EQ(policy("dotlock,flock,fcntl").kernel, KernelLock::Flock);
  EXPECT_EQ(policy("dotlock,flock,fcntl").second, KernelLock::Fcntl);
}

TEST(MboxLockPolicyTest, AnythingElseIsNoWayToLock) {
  for (const char* words : {"", "none", "fcntl,", "fcntl,fcntl", "dotlock,dotlock", "FCNTL",
                            "fcntl,dotlock,flock", "fcntl flock", "dotlock,fcntl,flock,fcntl"}) {
    EXPECT_FALSE(MboxLockPolicy::parse(words)) << words;
  }
}

TEST(CanHoldBothTest, AsksOnAFileOfItsOwnAndLeavesNothing) {
  const ScratchDirectory scratch;
  TestSystem outside;
  FakeLockOps locks;
  EXPECT_TRUE(*can_hold_both(outside.system, locks, scratch.fd(), "mbox"));
  EXPECT_THAT(locks.asked, ElementsAre(KernelLock::Fcntl, KernelLock::Flock));
  locks.free = false;
  EXPECT_FALSE(*can_hold_both(outside.system, locks, scratch.fd(), "mbox"));
  EXPECT_THAT(scratch.names(""), IsEmpty());
}

TEST(PosixLockOpsTest, ExclusiveLocksExcludeAndSharedOnesDoNot) {
  const ScratchDirectory scratch;
  scratch.write("f", "x");
  PosixLockOps ops;
  for (const KernelLock kind : {KernelLock::Fcntl, KernelLock::Flock}) {
    const UniqueFd one{::open(scratch.path("f").c_str(), O_RDWR)};
    const UniqueFd two{::open(scratch.path("f").c_str(), O_RDWR)};
    ASSERT_TRUE(ops.try_lock(one.get(), kind, LockMode::Shared));
    EXPECT_TRUE(*ops.try_lock(two.get(), kind, LockMode::Shared));
    EXPECT_FALSE(*ops.try_lock(two.get(), kind, LockMode::Exclusive));
  }
  EXPECT_TRUE(ops.process_exists(::getpid()));
}

}  // namespace
}  // namespace lbx
