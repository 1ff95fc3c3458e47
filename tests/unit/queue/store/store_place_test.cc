// SPDX-License-Identifier: MIT
#include "queue/store/store_place.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

TEST(StorePlaceTest, NoQueueLiesOnANetworkFileSystem) {
  constexpr long kNfs = 0x6969;
  constexpr long kCephAndTheLike[] = {0x00c36400, 0x65735546, 0x0bd00bd0};
  constexpr long kExt4 = 0xef53;
  constexpr long kTmpfs = 0x01021994;
  EXPECT_FALSE(refuse_network_file_system(kNfs, "/q"));
  for (const long each : kCephAndTheLike) EXPECT_FALSE(refuse_network_file_system(each, "/q"));
  // As a 32-bit machine has it: CIFS with its sign.
  EXPECT_FALSE(refuse_network_file_system(static_cast<int>(0xff534d42U), "/q"));
  EXPECT_TRUE(refuse_network_file_system(kExt4, "/q"));
  EXPECT_TRUE(refuse_network_file_system(kTmpfs, "/q"));
}

TEST(StorePlaceTest, OneLockAtATime) {
  const ScratchDirectory scratch;
  TestSystem world;
  Result<UniqueFd> first = lock_store(world.system, scratch.fd(), 0);
  ASSERT_TRUE(first) << first.error().what;
  const Result<UniqueFd> second = lock_store(world.system, scratch.fd(), 0);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().os_error, EWOULDBLOCK);
  first->reset();
  EXPECT_TRUE(lock_store(world.system, scratch.fd(), 0));
}

TEST(StorePlaceTest, AFileIsMadeOnceAndForItsOwnerAlone) {
  const ScratchDirectory scratch;
  TestSystem world;
  EXPECT_TRUE(*make_store_file(world.system, scratch.fd(), "a"));
  EXPECT_FALSE(*make_store_file(world.system, scratch.fd(), "a"));
  struct stat status {};
  ASSERT_EQ(::stat(scratch.path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

}  // namespace
}  // namespace lbx::queue
