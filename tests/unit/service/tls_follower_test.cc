// SPDX-License-Identifier: MIT
#include "service/tls_follower.h"

#include <gtest/gtest.h>

#include "core/message/spool.h"
#include "support/test_identity.h"

namespace lbx {
namespace {

using wire::Wait;

class TlsFollowerTest : public testing::Test {
 protected:
  TlsFollowerTest() : pair{wire::make_socket_pair().value()} {}

  void send(const std::string& content) {
    const UniqueFd memory = sealed_memory(files, content).value();
    EXPECT_TRUE(wire::send_datagram(pair.theirs.get(), "new", memory.get(), Wait::No));
  }
  void send_good() { send(encode(TlsMaterial{{testing_support::make_identity("a.example")}, ""})); }
  Result<TlsFollower> open() { return TlsFollower::open(files, std::move(pair.ours)); }

  PosixFileOps files;
  wire::SocketPair pair;
};

TEST_F(TlsFollowerTest, WithoutASocketThereIsNoTls) {
  const Result<TlsFollower> follower = TlsFollower::open(files, {});
  ASSERT_TRUE(follower);
  EXPECT_EQ(follower->now(), nullptr);
}

TEST_F(TlsFollowerTest, FirstCertificatesThatAreBrokenOrDoNotComeAreAnError) {
  send("nonsense");
  EXPECT_FALSE(open());
  pair = wire::make_socket_pair().value();
  pair.theirs.reset();
  EXPECT_FALSE(open());
}

TEST_F(TlsFollowerTest, NewCertificatesTakeThePlaceOfTheOldOnes) {
  send_good();
  auto follower = open().value();
  const auto first = follower.now();
  ASSERT_NE(first, nullptr);
  send_good();
  EXPECT_TRUE(follower.look());
  EXPECT_NE(follower.now(), nullptr);
  EXPECT_NE(follower.now(), first);
}

TEST_F(TlsFollowerTest, WhatMakesNoSenseLeavesTheOldOnes) {
  send_good();
  auto follower = open().value();
  const auto first = follower.now();
  send("nonsense");
  EXPECT_TRUE(follower.look());
  send(encode(TlsMaterial{{{"no certificate", "no key"}}, ""}));
  EXPECT_TRUE(follower.look());
  EXPECT_TRUE(wire::send_datagram(pair.theirs.get(), "no descriptor", -1, Wait::No));
  EXPECT_TRUE(follower.look());
  EXPECT_EQ(follower.now(), first);
}

TEST_F(TlsFollowerTest, HearsThatTheOtherSideHasGone) {
  send_good();
  auto follower = open().value();
  pair.theirs.reset();
  EXPECT_FALSE(follower.look());
  EXPECT_NE(follower.now(), nullptr);
}

TEST_F(TlsFollowerTest, SoManyOctetsMayComeAndNotOneMore) {
  send_good();
  auto follower = open().value();
  const auto first = follower.now();
  send(std::string(kMaxTlsMaterial + 1, 'x'));
  EXPECT_TRUE(follower.look());
  EXPECT_EQ(follower.now(), first);
}

}  // namespace
}  // namespace lbx
