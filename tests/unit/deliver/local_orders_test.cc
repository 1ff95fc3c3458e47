// SPDX-License-Identifier: MIT
// Orders of a queue, from its end of the socket to the Maildir: the spawner and a user's process as
// they are, for ourselves, or as root for an ordinary user.
#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include <map>

#include "core/wire/datagram.h"
#include "deliver/spawner.h"
#include "deliver/user_main.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using wire::Wait;

constexpr uid_t kOther = 65534;

class OneAccount final : public users::Accounts {
 public:
  explicit OneAccount(std::string home) : home_{std::move(home)} {}
  uid_t uid{::geteuid() == 0 ? kOther : ::geteuid()};

  Result<std::optional<users::Account>> by_name(const std::string& name) override {
    if (name != "joe") return std::optional<users::Account>{};
    return std::optional{users::Account{name, uid, getegid(), home_}};
  }

 private:
  std::string home_;
};

class LocalOrdersTest : public testing::Test {
 protected:
  LocalOrdersTest()
      : accounts{scratch.path("joe")},
        control{outside.files, scratch.path()},
        resolver{outside.system, accounts, control},
        pair{wire::make_socket_pair().value()} {
    scratch.make_maildir("joe/Maildir");
    scratch.write("message", "Subject: x\n\n" + std::string(100'000, 'x') + "\n");
    EXPECT_EQ(::chmod(scratch.path().c_str(), 0755), 0);
    own("joe");
    for (const char* each : {"joe/Maildir", "joe/Maildir/tmp", "joe/Maildir/new"}) own(each);
  }
  ~LocalOrdersTest() override { pair.ours.reset(); }

  void own(const std::string& below) const {
    if (::geteuid() != 0) return;
    EXPECT_EQ(::chown(scratch.path(below).c_str(), accounts.uid, 0), 0);
  }
  void write_qmail(const std::string& name, const std::string& text) const {
    scratch.write("joe/" + name, text);
    EXPECT_EQ(::chmod(scratch.path("joe/" + name).c_str(), 0600), 0);
    own("joe/" + name);
  }
  void start() {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      pair.ours.reset();
      Settings settings;
      settings.control = &control;
      Spawner spawner{resolver, {}, only(), [&](int socket) {
                        deliver_as_user(outside.system, control, settings, std::nullopt, socket);
                      }};
      static_cast<void>(spawner.serve(std::move(pair.theirs)));
      ::_exit(0);
    }
    pair.theirs.reset();
  }
  static std::optional<uid_t> only() {
    return ::geteuid() == 0 ? std::nullopt : std::optional<uid_t>{::geteuid()};
  }
  void order(std::uint64_t number, const std::string& local, const std::string& attempt) {
    const UniqueFd message{::open(scratch.path("message").c_str(), O_RDONLY | O_CLOEXEC)};
    const wire::Order what{Order::Kind::Local, local, "x.y", "s@t", 100'013, attempt};
    EXPECT_TRUE(
        wire::send_datagram(pair.ours.get(), encode(number, what), message.get(), Wait::Yes));
  }
  std::map<std::uint64_t, Answer> answers(std::size_t count) {
    std::map<std::uint64_t, Answer> all;
    while (all.size() < count) {
      pollfd waiting{pair.ours.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 60'000) != 1) break;
      const Result<wire::Datagram> got = wire::receive_datagram(pair.ours.get(), Wait::No);
      const auto said = got ? wire::decode_answer(got->bytes) : got.error();
      if (!said) break;
      EXPECT_FALSE(all.contains(said->number)) << "answered twice";
      all[said->number] = said->answer;
    }
    EXPECT_EQ(all.size(), count);
    return all;
  }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  OneAccount accounts;
  control::ControlDirectory control;
  users::Resolver resolver;
  wire::SocketPair pair;
};

TEST_F(LocalOrdersTest, FiftyAtOnceAllArriveAndSaySo) {
  start();
  for (std::uint64_t i = 0; i < 50; ++i) order(i, "joe", "store." + std::to_string(i) + ".1");
  for (const auto& [number, answer] : answers(50)) {
    EXPECT_EQ(answer, (Answer{Verdict::Done, "did 1+0+0\n"}));
  }
  EXPECT_EQ(scratch.names("joe/Maildir/new").size(), 50U);
}

TEST_F(LocalOrdersTest, AnAttemptThatIsRepeatedIsNotShownTwice) {
  start();
  for (std::uint64_t i = 0; i < 3; ++i) {
    order(i, "joe", "store.7.1");
    EXPECT_EQ(answers(1).begin()->second.verdict, Verdict::Done);
  }
  EXPECT_EQ(scratch.names("joe/Maildir/new").size(), 1U);
}

TEST_F(LocalOrdersTest, ProgramsThatRunAtOnceEachReadTheWholeMessage) {
  write_qmail(".qmail-count", "|wc -c\n");
  start();
  for (std::uint64_t i = 0; i < 10; ++i) order(i, "joe-count", "");
  for (const auto& [number, answer] : answers(10)) {
    EXPECT_EQ(answer, (Answer{Verdict::Done, "100013\ndid 0+0+1\n"}));
  }
}

TEST_F(LocalOrdersTest, WhatAUserRefusesIsReportedInHisWords) {
  write_qmail(".qmail-no", "|echo go away; exit 100\n");
  start();
  order(1, "joe-no", "");
  EXPECT_EQ(answers(1).at(1), (Answer{Verdict::Never, "go away\n"}));
  order(2, "joe-nothing", "");
  EXPECT_EQ(answers(1).at(2),
            (Answer{Verdict::Never, "Sorry, no mailbox here by that name. (#5.1.1)\n"}));
}

TEST_F(LocalOrdersTest, ANameWithoutAnAccountIsTheAliasUsers) {
  start();
  order(1, "nobodyhere", "");
  EXPECT_EQ(answers(1).at(1), (Answer{Verdict::Later, "Unable to find alias user!\n"}));
}

}  // namespace
}  // namespace lbx::deliver
