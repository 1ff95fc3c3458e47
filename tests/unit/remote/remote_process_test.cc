// SPDX-License-Identifier: MIT
// With real programs, as an ordinary user.
#include "remote/remote_process.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "core/base/user.h"
#include "core/wire/order.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::remote {
namespace {

using namespace std::string_literals;
using wire::Answer;
using wire::Verdict;
using wire::Wait;

constexpr uid_t kNobody = 65534;

class RemoteProcessTest : public testing::Test {
 protected:
  RemoteProcessTest() : pair{wire::make_socket_pair().value()} {
    scratch.make_directory("bin");
    ::chmod(scratch.path().c_str(), 0777);
    outside.system.environment = {{"PATH", "/usr/bin:/bin"}, {"LETTERBOX_HOME", scratch.path()}};
    scratch.write("message", "Subject: x\n\nbody\n");
  }

  void script(const std::string& name, const std::string& text) {
    scratch.write(name, "#!/bin/sh\n" + text);
    ::chmod(scratch.path(name).c_str(), 0755);
  }
  /// The orders, one answer for each recipient of theirs, by their numbers.
  std::map<std::uint64_t, Answer> run(const std::vector<wire::RemoteOrder>& orders) {
    std::size_t recipients = 0;
    for (const wire::RemoteOrder& order : orders) {
      recipients += order.recipients.size();
      for (const std::string& each : encode(order)) {
        const UniqueFd message{::open(scratch.path("message").c_str(), O_RDONLY | O_CLOEXEC)};
        EXPECT_TRUE(wire::send_datagram(pair.ours.get(), each, message.get(), Wait::Yes));
      }
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
      pair.ours.reset();
      static_cast<void>(become_user(::geteuid() == 0 ? kNobody : ::geteuid(), kNobody));
      RemoteProcess process{outside.system, limits, pair.theirs.get()};
      ::_exit(process.run() ? 0 : 1);
    }
    pair.theirs.reset();
    std::map<std::uint64_t, Answer> answers;
    while (answers.size() < recipients) {
      const Result<wire::Datagram> got = wire::receive_datagram(pair.ours.get(), Wait::Yes);
      if (!got || got->bytes.empty()) break;
      const Result<wire::NumberedAnswer> said = wire::decode_answer(got->bytes);
      EXPECT_TRUE(said && !answers.contains(said->number));
      if (said) answers[said->number] = said->answer;
    }
    return answers;
  }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  RemoteLimits limits;
  wire::SocketPair pair;
};

TEST_F(RemoteProcessTest, OurOwnProgramGetsAllRecipientsAndTheMessage) {
  script("bin/qmail-remote",
         "{ echo \"$@\"; id -u; pwd; cat; } >seen\n"
         "printf 'rone\\n\\0hno\\n\\0Kok\\n\\0'\n");
  const auto answers = run({{"far.example", "s@x", {{7, "a@far.example"}, {9, "b@far.example"}}}});
  EXPECT_EQ(answers.at(7), (Answer{Verdict::Done, "one\nok\n"}));
  EXPECT_EQ(answers.at(9), (Answer{Verdict::Never, "no\n"}));
  const uid_t uid = ::geteuid() == 0 ? kNobody : ::geteuid();
  EXPECT_EQ(scratch.read("seen"), "far.example s@x a@far.example b@far.example\n" +
                                      std::to_string(uid) + "\n" + scratch.path() +
                                      "\nSubject: x\n\nbody\n");
}

TEST_F(RemoteProcessTest, AnotherProgramGetsOneRecipientAtATimeAndTheWholeMessage) {
  script("other", "echo \"$# $3\" >>seen; cat >>seen; printf 'rok\\n\\0K\\n\\0'\n");
  outside.system.environment["QMAILREMOTE"] = scratch.path("other");
  const auto answers = run({{"h", "s@x", {{1, "a@h"}, {2, "b@h"}}}});
  EXPECT_EQ(answers.at(1).verdict, Verdict::Done);
  EXPECT_EQ(answers.at(2).verdict, Verdict::Done);
  EXPECT_EQ(scratch.read("seen"), "3 a@h\nSubject: x\n\nbody\n3 b@h\nSubject: x\n\nbody\n");
}

TEST_F(RemoteProcessTest, WhateverBecomesOfTheProgramThereIsAnAnswer) {
  script("bin/qmail-remote",
         "case $1 in\n"
         "crash) kill -9 $$;;\n"
         "quiet) ;;\n"
         "fails) exit 1;;\n"
         "loud) yes | head -c 3000000; exit 0;;\n"
         "esac\n");
  std::vector<wire::RemoteOrder> orders;
  std::uint64_t number = 0;
  for (const char* host : {"crash", "quiet", "fails", "loud"}) {
    orders.push_back({host, "s@x", {{number++, "a@h"}}});
  }
  const auto answers = run(orders);
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers.at(0).text, "qmail-remote crashed.\n");
  EXPECT_EQ(answers.at(1).text, "qmail-remote produced no output.\n");
  EXPECT_EQ(answers.at(2).verdict, Verdict::Never);
  EXPECT_EQ(answers.at(3).verdict, Verdict::Later);
}

TEST_F(RemoteProcessTest, WhatTakesTooLongIsEndedAndForLater) {
  script("bin/qmail-remote", "exec sleep 1000\n");
  limits.time = std::chrono::seconds{0};
  EXPECT_EQ(run({{"h", "s@x", {{1, "a@h"}}}}).at(1),
            (Answer{Verdict::Later, "qmail-remote ran for too long. (#4.4.7)\n"}));
}

TEST_F(RemoteProcessTest, AMissingProgramIsForLater) {
  EXPECT_EQ(run({{"h", "s@x", {{1, "a@h"}}}}).at(1),
            (Answer{Verdict::Later, "Unable to run qmail-remote.\n"}));
}

TEST_F(RemoteProcessTest, ManyOrdersRunAtOnceAndAllAreAnswered) {
  script("bin/qmail-remote", "printf 'r\\0Kok\\n\\0'\n");
  limits.at_once = 3;
  std::vector<wire::RemoteOrder> orders;
  for (std::uint64_t i = 0; i < 20; ++i) orders.push_back({"h", "s@x", {{i, "a@h"}}});
  const auto answers = run(orders);
  EXPECT_EQ(answers.size(), 20U);
  for (const auto& [number, answer] : answers) EXPECT_EQ(answer.verdict, Verdict::Done);
}

TEST_F(RemoteProcessTest, LimitsAreSettings) {
  const control::ControlDirectory control{outside.files, scratch.path()};
  EXPECT_EQ(read_limits(control)->time, std::chrono::seconds{7200});
  scratch.make_directory("control");
  scratch.write("control/remotetime", "600\n");
  scratch.write("control/concurrencyremote", "7\n");
  EXPECT_EQ(read_limits(control)->time, std::chrono::seconds{600});
  EXPECT_EQ(read_limits(control)->at_once, 7U);
}

TEST_F(RemoteProcessTest, NothingIsDoneAsRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_FALSE((RemoteProcess{outside.system, limits, pair.theirs.get()}.run()));
}

}  // namespace
}  // namespace lbx::remote
