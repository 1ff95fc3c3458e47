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

using wire::Earlier;
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
  void order(std::uint64_t number, const std::string& local, const std::string& attempt,
             Earlier earlier = Earlier::Unknown, Order::Kind kind = Order::Kind::Local,
             bool settle_later = false, std::uint64_t settler = 0) {
    const UniqueFd message{::open(scratch.path("message").c_str(), O_RDONLY | O_CLOEXEC)};
    const wire::Order what{kind,    local, "x.y",   "s@t",        100'013,
                           attempt, "",    earlier, settle_later, settler};
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

TEST_F(LocalOrdersTest, WhatMayHaveBeenTriedIsFoundByTheNameOfTheFirstAttemptAlone) {
  start();
  order(1, "joe", "store.7.1", Earlier::None);
  EXPECT_EQ(answers(1).at(1), (Answer{Verdict::Done, "did 1+0+0\n"}));
  EXPECT_THAT(scratch.names("joe/Maildir/tmp"), testing::IsEmpty());
  const std::string name = scratch.names("joe/Maildir/new").at(0);
  order(2, "joe", "store.7.1", Earlier::Maybe);
  EXPECT_EQ(answers(1).at(2).verdict, Verdict::Done);
  EXPECT_THAT(scratch.names("joe/Maildir/new"), testing::ElementsAre(name));
  order(3, "joe", "store.8.1", Earlier::Maybe);  // its first attempt came to nothing
  EXPECT_EQ(answers(1).at(3).verdict, Verdict::Done);
  EXPECT_EQ(scratch.names("joe/Maildir/new").size(), 2U);
  EXPECT_THAT(scratch.names("joe/Maildir/tmp"), testing::IsEmpty());
}

TEST_F(LocalOrdersTest, NotesOfAnMboxStayUntilTheQueueForgetsThem) {
  write_qmail(".qmail-box", "./box\n");
  start();
  order(1, "joe-box", "store.7.1", Earlier::None);
  EXPECT_TRUE(answers(1).at(1).noted);
  order(2, "joe-box", "store.7.1", Earlier::Maybe);
  EXPECT_TRUE(answers(1).at(2).noted);
  struct stat box {};
  ASSERT_EQ(::stat(scratch.path("joe/box").c_str(), &box), 0);
  EXPECT_LT(box.st_size, 200'000) << "it is there twice";
  EXPECT_EQ(scratch.names("joe/.letterbox/attempts").size(), 1U);
  order(3, "joe-box", "store.8.1", Earlier::None, Order::Kind::Forget);  // never heard of
  EXPECT_EQ(answers(1).at(3).verdict, Verdict::Done);
  EXPECT_EQ(scratch.names("joe/.letterbox/attempts").size(), 1U);
  order(4, "joe-box", "store.7.1", Earlier::None, Order::Kind::Forget);
  EXPECT_EQ(answers(1).at(4).verdict, Verdict::Done);
  EXPECT_NE(::access(scratch.path("joe/.letterbox").c_str(), F_OK), 0);
}

TEST_F(LocalOrdersTest, WhatAProcessHasDeliveredItSettlesAndNobodyElseDoes) {
  write_qmail(".qmail-two", "./Maildir/\n|true\n");
  start();
  order(1, "joe", "store.7.1", Earlier::None, Order::Kind::Local, true);
  const std::uint64_t settler = answers(1).at(1).settler;
  EXPECT_NE(settler, 0U);
  EXPECT_EQ(scratch.names("joe/Maildir/new").size(), 1U);
  order(2, "joe-two", "store.7.2", Earlier::None, Order::Kind::Local, true);
  EXPECT_EQ(answers(1).at(2).settler, 0U) << "more than a Maildir is flushed at once";
  order(3, "", "", Earlier::Unknown, Order::Kind::Settle, false, settler);
  EXPECT_EQ(answers(1).at(3).verdict, Verdict::Done);
  order(4, "", "", Earlier::Unknown, Order::Kind::Settle, false, settler + 1);
  EXPECT_EQ(answers(1).at(4).verdict, Verdict::Later);
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
