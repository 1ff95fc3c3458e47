// SPDX-License-Identifier: MIT
// The spawner with real forks: as an ordinary user for ourselves only, as root for others too.
#include "deliver/spawner.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <set>
#include <thread>

#include "core/base/user.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using wire::Wait;

constexpr uid_t kOther = 65534;

/// Every name is an account; the number behind the name is added to the user id.
class FakeAccounts final : public users::Accounts {
 public:
  explicit FakeAccounts(std::string home) : home_{std::move(home)} {}
  uid_t base{::geteuid() == 0 ? kOther : ::geteuid()};

  Result<std::optional<users::Account>> by_name(const std::string& name) override {
    if (name == "broken") return Error::later("the database is away");
    if (name == "root") return std::optional{users::Account{name, 0, 0, "/root"}};
    if (name.find('-') != std::string::npos) return std::optional<users::Account>{};
    const uid_t plus = name == "other" ? 1 : 0;
    return std::optional{users::Account{name, base + plus, getegid(), home_}};
  }

 private:
  std::string home_;
};

/// A user's process that does what the extension says.
void scripted(int socket) {
  for (;;) {
    const Result<wire::Datagram> got = wire::receive_datagram(socket, Wait::Yes);
    if (!got || got->bytes.empty()) return;
    const Result<UserOrder> order = decode_user_order(got->bytes);
    if (!order) ::_exit(9);
    const std::string& what = order->request.ext;
    if (what == "crash") ::_exit(3);
    if (what == "kill") ::raise(SIGKILL);
    if (what == "hang") continue;
    const std::uint64_t number = what == "forge" ? order->number + 1 : order->number;
    const std::string text = "2.0.0 uid " + std::to_string(::geteuid()) + " pid " +
                             std::to_string(::getpid()) + " fd " + (got->descriptor ? "yes" : "no");
    static_cast<void>(
        wire::send_datagram(socket, encode(number, Answer{Verdict::Done, text}), -1, Wait::Yes));
  }
}

/// A user's process that takes a route, and does what comes by it, once.
void routed(int socket) {
  const auto say = [](int to, std::uint64_t number, const std::string& text) {
    static_cast<void>(
        wire::send_datagram(to, encode(number, Answer{Verdict::Done, text}), -1, Wait::Yes));
  };
  for (;;) {
    const Result<wire::Datagram> got = wire::receive_datagram(socket, Wait::Yes);
    if (!got || got->bytes.empty()) return;
    if (const auto offer = decode_route_offer(got->bytes)) {
      say(socket, offer->number, "");
      const int front = got->descriptor.get();
      const Result<wire::Datagram> straight = wire::receive_datagram(front, Wait::Yes);
      const auto order =
          straight ? decode_routed_order(straight->bytes) : Result<RoutedOrder>{straight.error()};
      if (!order) ::_exit(9);
      say(front, order->number, "for " + offer->request.local + " by " + order->sender);
      continue;
    }
    say(socket, decode_user_order(got->bytes).value().number, "by the door");
  }
}

class SpawnerTest : public testing::Test {
 protected:
  SpawnerTest()
      : accounts{scratch.path("home")},
        control{outside.files, scratch.path("")},
        resolver{outside.system, accounts, control},
        pair{wire::make_socket_pair().value()} {
    scratch.make_directory("home");
    if (::geteuid() == 0) {
      EXPECT_EQ(::chown(scratch.path("home").c_str(), kOther, 0), 0);
    }
  }
  ~SpawnerTest() override { pair.ours.reset(); }

  /// In a process of its own: it forks, and forks only well from one thread.
  void start(std::optional<uid_t> only = std::nullopt) {
    if (::geteuid() != 0) only = ::geteuid();
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      pair.ours.reset();
      Spawner spawner{resolver, limits, only, introduces ? &routed : &scripted};
      if (introduces) spawner.introduce_users();
      static_cast<void>(spawner.serve(std::move(pair.theirs)));
      ::_exit(0);
    }
    pair.theirs.reset();
  }
  std::uint64_t order(const char* local, Order::Kind kind = Order::Kind::Verdict, int fd = -1) {
    const Order what{kind, local, "x.y", "s@t", 0, ""};
    EXPECT_TRUE(wire::send_datagram(pair.ours.get(), encode(++number, what), fd, Wait::Yes));
    return number;
  }
  Answer answer_to(std::uint64_t wanted) {
    while (!answers.contains(wanted)) {
      pollfd waiting{pair.ours.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 20'000) != 1) return {Verdict::Later, "no answer"};
      const Result<wire::Datagram> got = wire::receive_datagram(pair.ours.get(), Wait::No);
      if (!got || got->bytes.empty()) return {Verdict::Later, "it has gone"};
      const Result<wire::NumberedAnswer> said = wire::decode_answer(got->bytes);
      if (!said) return {Verdict::Later, "nonsense"};
      EXPECT_FALSE(answers.contains(said->number)) << "answered twice";
      answers[said->number] = said->answer;
    }
    return answers[wanted];
  }
  Answer ask(const char* local) { return answer_to(order(local)); }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  FakeAccounts accounts;
  control::ControlDirectory control;
  users::Resolver resolver;
  SpawnerLimits limits;
  bool introduces{false};
  wire::SocketPair pair;
  std::uint64_t number{0};
  std::map<std::uint64_t, Answer> answers;
};

TEST_F(SpawnerTest, AUsersProcessAnswersWithTheUsersRights) {
  start();
  const Answer answer = ask("joe");
  EXPECT_EQ(answer.verdict, Verdict::Done) << answer.text;
  EXPECT_THAT(answer.text, StartsWith("2.0.0 uid " + std::to_string(accounts.base) + " pid "));
}

TEST_F(SpawnerTest, OneProcessServesOneUserAndGetsTheMessage) {
  start();
  const Answer first = ask("joe");
  const Answer second = answer_to(order("joe-x", Order::Kind::Deliver, scratch.fd()));
  EXPECT_THAT(first.text, testing::EndsWith("fd no"));
  EXPECT_EQ(second.text, first.text.substr(0, first.text.rfind("no")) + "yes");
}

TEST_F(SpawnerTest, IntroducesTheUsersProcessToTheFront) {
  introduces = true;
  start();
  EXPECT_EQ(answer_to(order("joe", Order::Kind::Deliver)).text, "by the door");
  const Result<wire::Datagram> got = wire::receive_datagram(pair.ours.get(), Wait::Yes);
  ASSERT_TRUE(got) << got.error().what;
  const auto introduction = decode_introduction(got->bytes);
  ASSERT_TRUE(introduction);
  EXPECT_EQ(introduction->address, "joe@x.y");
  EXPECT_EQ(introduction->uid, accounts.base);
  EXPECT_GT(introduction->seconds, 0U);
  const RoutedOrder straight{9, introduction->route, 1'000'000'000, 0, "s@t", "", ""};
  const int user = got->descriptor.get();
  ASSERT_TRUE(wire::send_datagram(user, encode(straight), -1, Wait::Yes));
  const Result<wire::Datagram> answer = wire::receive_datagram(user, Wait::Yes);
  ASSERT_TRUE(answer) << answer.error().what;
  const auto said = wire::decode_answer(answer->bytes);
  ASSERT_TRUE(said) << said.error().what;
  EXPECT_EQ(said->number, 9U);
  EXPECT_EQ(said->answer.text, "for joe by s@t");
}

TEST_F(SpawnerTest, NobodyDeliversAsRoot) {
  scratch.make_directory("users");
  start();
  const Answer answer = ask("root");  // root's mail is the alias user's: CONTRACT 1.3
  EXPECT_THAT(answer.text, testing::Not(HasSubstr("uid 0 ")));
}

TEST_F(SpawnerTest, InSingleUserModeOnlyOurOwnMailIsDelivered) {
  start(accounts.base);
  EXPECT_EQ(ask("joe").verdict, Verdict::Done);
  // The account does not own the home, so the resolver passes it over or we refuse: never a yes.
  const Answer other = ask("other");
  EXPECT_THAT(other.text, testing::Not(HasSubstr("uid " + std::to_string(accounts.base + 1))));
}

TEST_F(SpawnerTest, AForeignDomainIsRefused) {
  scratch.make_directory("control");
  scratch.write("control/locals", "here\n");
  start();
  const Answer answer = ask("joe");
  EXPECT_EQ(answer.verdict, Verdict::Never);
  EXPECT_THAT(answer.text, StartsWith("5.1.2 "));
}

TEST_F(SpawnerTest, ADatabaseThatIsAwayIsForLater) {
  start();
  EXPECT_EQ(ask("broken").verdict, Verdict::Later);
}

TEST_F(SpawnerTest, ADeadProcessIsForLaterAndTheNextOneWorks) {
  start();
  for (const char* each : {"joe-crash", "joe-kill"}) {
    EXPECT_EQ(ask(each), (Answer{Verdict::Later, "4.3.0 the user's delivery process has ended"}));
    EXPECT_EQ(ask("joe").verdict, Verdict::Done);
  }
}

TEST_F(SpawnerTest, AProcessCannotSpeakForAnOrderOfNobody) {
  start();
  const std::uint64_t forged = order("joe-forge");
  EXPECT_EQ(ask("joe").verdict, Verdict::Done);
  EXPECT_FALSE(answers.contains(forged));
}

TEST_F(SpawnerTest, WhatTakesTooLongIsForLater) {
  limits.verdict_time = std::chrono::seconds{0};
  start();
  EXPECT_THAT(ask("joe-hang").text, StartsWith("4.4.7 "));
  EXPECT_EQ(limits.orders_per_user, SpawnerLimits{}.orders_per_user);
}

TEST_F(SpawnerTest, OneUserHasSoManyOrdersUnderWay) {
  limits.orders_per_user = 3;
  limits.sent_per_user = 2;
  start();
  for (int i = 0; i < 3; ++i) order("joe-hang");
  EXPECT_EQ(ask("joe"),
            (Answer{Verdict::Later, "4.3.2 too many deliveries for this user at once"}));
}

TEST_F(SpawnerTest, SoManyOrdersInAll) {
  limits.orders = 2;
  start();
  order("joe-hang");
  order("joe-hang");
  EXPECT_EQ(ask("joe"), (Answer{Verdict::Later, "4.3.2 too busy"}));
}

TEST_F(SpawnerTest, ABacklogIsWorkedOff) {
  limits.sent_per_user = 1;
  start();
  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < 50; ++i) numbers.push_back(order("joe"));
  for (const std::uint64_t each : numbers) EXPECT_EQ(answer_to(each).verdict, Verdict::Done);
}

TEST_F(SpawnerTest, MoreUsersThanProcessesTakeTurns) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: one process is one user";
  limits.children = 1;
  start();
  ASSERT_EQ(::chown(scratch.path("home").c_str(), accounts.base, 0), 0);
  EXPECT_EQ(ask("joe").verdict, Verdict::Done);
  EXPECT_EQ(ask("ann").verdict, Verdict::Done);
}

TEST_F(SpawnerTest, AnOrderOfTheQueueIsRoutedAlready) {
  scratch.make_directory("control");
  scratch.write("control/locals", "here\n");
  start();
  const Answer answer = answer_to(order("joe-x", Order::Kind::Local, scratch.fd()));
  EXPECT_EQ(answer.verdict, Verdict::Done) << answer.text;
  EXPECT_THAT(answer.text, testing::EndsWith("fd yes"));
  EXPECT_EQ(answer_to(order("", Order::Kind::Local)), (Answer{Verdict::Done, ""}));
}

TEST_F(SpawnerTest, TheQueueHearsFailuresInQmailsWords) {
  start();
  EXPECT_EQ(answer_to(order("broken", Order::Kind::Local)),
            (Answer{Verdict::Later, "Temporary failure in qmail-lspawn.\n"}));
  EXPECT_EQ(answer_to(order("joe-kill", Order::Kind::Local)),
            (Answer{Verdict::Later, "qmail-local crashed.\n"}));
}

TEST_F(SpawnerTest, FiftyOrdersForOneUserAreServedByOneProcess) {
  start();
  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < 50; ++i) numbers.push_back(order("joe", Order::Kind::Local, scratch.fd()));
  std::set<std::string> texts;
  for (const std::uint64_t each : numbers) texts.insert(answer_to(each).text);
  EXPECT_EQ(texts.size(), 1U) << "each text has the number of the process";
}

TEST_F(SpawnerTest, RefusesToBeRoot) {
  EXPECT_FALSE(become_user(0, 0));
}

}  // namespace
}  // namespace lbx::deliver
