// SPDX-License-Identifier: MIT
#include "deliver/oracle_door.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "core/wire/datagram.h"
#include "support/fake_postmaster.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using wire::Wait;

class OracleDoorTest : public testing::Test {
 protected:
  OracleDoorTest() {
    name.sun_family = AF_UNIX;
    std::strcpy(name.sun_path, scratch.path("s").c_str());  // NOLINT: short enough
    UniqueFd listening{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    EXPECT_EQ(::bind(listening.get(), address(), sizeof name), 0);
    EXPECT_EQ(::listen(listening.get(), 1000), 0);
    door = OracleDoor::open(std::move(listening), postmaster, outside.clock, [this](uid_t) {
             return welcome;
           }).value();
    postmaster.verdicts["nobody"] = {Verdict::Never, "5.1.1 no mailbox"};
    postmaster.verdicts["sticky"] = {Verdict::Later, "4.2.1 wait"};
  }
  const sockaddr* address() const {
    return reinterpret_cast<const sockaddr*>(&name);  // NOLINT: what connect(2) wants
  }
  UniqueFd connect() {
    UniqueFd client{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    EXPECT_EQ(::connect(client.get(), address(), sizeof name), 0);
    door->serve();
    return client;
  }
  std::string heard(const UniqueFd& client) {
    const Result<wire::Datagram> got = wire::receive_datagram(client.get(), Wait::No);
    return got ? got->bytes : "nothing yet";
  }
  std::string ask(const UniqueFd& client, std::string_view text) {
    EXPECT_TRUE(wire::send_datagram(client.get(), text, -1, Wait::No));
    door->serve();
    return heard(client);
  }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  testing_support::FakePostmaster postmaster;
  sockaddr_un name{};
  bool welcome{true};
  std::unique_ptr<OracleDoor> door;
};

TEST_F(OracleDoorTest, AnswersYesNoAndLater) {
  const UniqueFd client = connect();
  EXPECT_EQ(ask(client, "joe-x@x.y SIZE=17"), "yes");
  EXPECT_EQ(postmaster.orders[0], (Order{Order::Kind::Verdict, "joe-x", "x.y", "", 17, ""}));
  EXPECT_EQ(ask(client, "nobody@x.y"), "no 5.1.1 no mailbox");
  EXPECT_EQ(ask(client, "sticky@x.y"), "later 4.2.1 wait");
  EXPECT_EQ(ask(client, "\"joe x\"@x.y"), "yes");
  EXPECT_EQ(postmaster.orders.back().local, "joe x");
  EXPECT_EQ(ask(client, "joe x@x.y"), "no 5.1.3 Bad address syntax");
}

TEST_F(OracleDoorTest, AClientHasOneQuestionUnderWay) {
  postmaster.at_once = false;
  const UniqueFd client = connect();
  EXPECT_EQ(ask(client, "a@x"), "nothing yet");
  EXPECT_EQ(ask(client, "b@x"), "nothing yet");
  EXPECT_EQ(postmaster.waiting(), 1U);
  postmaster.answer_one();
  EXPECT_EQ(heard(client), "yes");
  door->serve();
  EXPECT_EQ(postmaster.waiting(), 1U);
}

TEST_F(OracleDoorTest, WhoeverLeavesIsNotAnswered) {
  postmaster.at_once = false;
  {
    const UniqueFd client = connect();
    ask(client, "a@x");
  }
  postmaster.answer_one();
  door->serve();
  const UniqueFd next = connect();
  ask(next, "b@x");
  door.reset();
  postmaster.answer_one();
}

TEST_F(OracleDoorTest, StrangersAreTurnedAway) {
  welcome = false;
  EXPECT_EQ(heard(connect()), "later 4.7.1 not allowed");
}

TEST_F(OracleDoorTest, SoManyClients) {
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < kMaxOracleClients; ++i) clients.push_back(connect());
  EXPECT_EQ(heard(connect()), "later 4.3.2 too many clients");
  clients.pop_back();
  door->serve();
  EXPECT_EQ(ask(connect(), "a@x"), "yes");
}

TEST_F(OracleDoorTest, SoManyQuestionsInASecond) {
  const UniqueFd client = connect();
  for (std::size_t i = 0; i < kMaxQuestionsPerSecond; ++i) ASSERT_EQ(ask(client, "a@x"), "yes");
  EXPECT_EQ(ask(client, "a@x"), "later 4.7.0 too many questions");
  ++outside.clock.time.seconds;
  EXPECT_EQ(ask(client, "a@x"), "yes");
}

}  // namespace
}  // namespace lbx::deliver
