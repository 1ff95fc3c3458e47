// SPDX-License-Identifier: MIT
#include "core/base/shared_sync.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "support/scratch.h"

namespace lbx {
namespace {

TEST(SharedSync, NobodyGetsASyncThatBeganBeforeTheCall) {
  SharedSync shared;
  std::atomic<int> written{0};
  std::atomic<int> synced{0};
  std::atomic<int> syncs{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const int mine = ++written;
        const Result<void> done = shared.run([&] {
          const int until = written;
          std::this_thread::yield();
          synced = until;
          ++syncs;
          return Result<void>{};
        });
        EXPECT_TRUE(done);
        EXPECT_GE(synced, mine);
      }
    });
  }
  threads.clear();
  EXPECT_LE(syncs, 8 * 500);
}

TEST(SharedSync, WhoeverWaitsTogetherSharesOne) {
  SharedSync shared;
  std::latch first_runs{1};
  std::latch go_on{1};
  std::atomic<int> syncs{0};
  std::jthread first{[&] {
    static_cast<void>(shared.run([&] {
      first_runs.count_down();
      go_on.wait();
      ++syncs;
      return Result<void>{};
    }));
  }};
  first_runs.wait();
  std::atomic<int> entered{0};
  std::vector<std::jthread> others;
  for (int i = 0; i < 6; ++i) {
    others.emplace_back([&] {
      ++entered;
      static_cast<void>(shared.run([&] {
        ++syncs;
        return Result<void>{};
      }));
    });
  }
  while (entered < 6) std::this_thread::yield();
  go_on.count_down();
  others.clear();
  first.join();
  EXPECT_GE(syncs, 2);
  EXPECT_LE(syncs, 7);
}

TEST(SharedSync, AFailureReachesItsCaller) {
  SharedSync shared;
  const Result<void> failed = shared.run([] { return Result<void>{Error::from_errno(EIO, "x")}; });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().os_error, EIO);
  EXPECT_TRUE(shared.run([] { return Result<void>{}; }));
}

TEST(SharedSync, FilesAndDirectoriesAreSynced) {
  const testing_support::ScratchDirectory scratch;
  scratch.write("file", "x");
  SharedSyncFileOps files;
  EXPECT_TRUE(files.sync(scratch.fd()));
  const Result<UniqueFd> file = files.open_at(scratch.fd(), "file", O_RDWR, 0);
  ASSERT_TRUE(file);
  EXPECT_TRUE(files.sync(file->get()));
  EXPECT_FALSE(files.sync(-1));
}

TEST(SharedSync, WhatIsKnownOfAFileSystemStaysTrue) {
  const testing_support::ScratchDirectory scratch;
  PosixFileOps plain;
  SharedSyncFileOps files;
  for (int i = 0; i < 2; ++i) {
    const Result<bool> keeps = files.keeps_order(scratch.fd());
    ASSERT_TRUE(keeps) << keeps.error().what;
    EXPECT_EQ(*keeps, *plain.keeps_order(scratch.fd()));
  }
  EXPECT_FALSE(files.keeps_order(-1));
}

}  // namespace
}  // namespace lbx
