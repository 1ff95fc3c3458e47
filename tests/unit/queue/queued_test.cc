// SPDX-License-Identifier: MIT
// The whole queue process but for the kernel's processes: a client at its door, the two that
// deliver, and signals are a second thread of the test.
#include "queue/queued.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <functional>
#include <thread>

#include "core/base/signals.h"
#include "core/message/spool.h"
#include "core/wire/datagram.h"
#include "core/wire/order.h"
#include "core/wire/queue_door.h"
#include "core/wire/remote_order.h"
#include "support/door_socket.h"
#include "support/memory_store.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing_support::listen_at;

class QueuedTest : public testing::Test {
 protected:
  QueuedTest() {
    settings.limits = {.local = 3, .remote = 3};
    settings.routes.domains.locals = users::domain_set({"example.org"});
    settings.routes.delimiters = "-";
    settings.bounces.host = settings.bounces.me = "mail.example.org";
    settings.bounces.from = "MAILER-DAEMON@mail.example.org";
    settings.bounces.local_dates = false;
  }
  ~QueuedTest() override { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  void SetUp() override { ::pthread_sigmask(SIG_SETMASK, nullptr, &mask); }

  /// Serves while `others` runs; it has to end it.
  Result<void> serve(const std::function<void()>& others) {
    wire::SocketPair to_local = wire::make_socket_pair().value();
    wire::SocketPair to_remote = wire::make_socket_pair().value();
    local = std::move(to_local.theirs);
    remote = std::move(to_remote.theirs);
    UniqueFd signals = open_signals({SIGTERM, SIGALRM, SIGHUP}).value();
    const auto read = [this]() -> Result<QueueSettings> {
      if (unreadable) return Error::later("control/locals: a directory");
      return settings;
    };
    SpoolArea spool = SpoolArea::open(system.system, scratch.path()).value();
    const std::unique_ptr<Queued> queued =
        Queued::open(system.system, store, spool, settings, read, log, ::geteuid()).value();
    QueueDoors doors{listen_at(path), std::move(to_local.ours), std::move(to_remote.ours),
                     std::move(signals)};
    std::thread other{others};
    Result<void> ended = queued->serve(std::move(doors), {});
    other.join();
    return ended;
  }

  Result<std::int64_t> submit(const std::string& recipient) {
    wire::QueueDoor door = wire::QueueDoor::connect(path).value();
    wire::DoorEnvelope envelope;
    envelope.sender = "ann@example.org";
    envelope.recipients.emplace_back().address = recipient;
    PosixFileOps files;
    return door.submit(envelope, sealed_memory(files, "Subject: a\n\nb\n").value());
  }
  wire::NumberedOrder order() const {
    const wire::Datagram got = wire::receive_datagram(local.get(), wire::Wait::Yes).value();
    EXPECT_TRUE(got.descriptor);
    return wire::decode_order(got.bytes).value();
  }
  void answer(std::uint64_t number, wire::Verdict verdict, const std::string& text) const {
    EXPECT_TRUE(wire::send_datagram(local.get(), wire::encode(number, wire::Answer{verdict, text}),
                                    -1, wire::Wait::Yes));
  }
  static void signal(int which) { ::kill(::getpid(), which); }
  /// Takes `n` orders, all of which succeed.
  void deliver(int n) const {
    for (int i = 0; i < n; ++i) answer(order().number, wire::Verdict::Done, "did 1+0+0\n");
  }
  void put(const std::string& address, State state) {
    NewMessage message;
    message.envelope.sender = "ann@example.org";
    message.envelope.born = system.clock.time.seconds;
    message.body = InlineBody{"Subject: a\n\nb\n"};
    NewRecipient& recipient = message.recipients.emplace_back();
    recipient.address = recipient.destination = address;
    EXPECT_TRUE(store.begin(Durability::Now));
    const Submitted submitted = store.submit(message).value();
    const Outcome outcome{submitted.recipients[0], state, 0, 0, "no\n"};
    if (state != State::Waiting) {
      EXPECT_TRUE(store.record({&outcome, 1}));
    }
    EXPECT_TRUE(store.commit());
  }

  sigset_t mask{};
  testing_support::TestSystem system;
  testing_support::ScratchDirectory scratch;
  testing_support::MemoryStore store;
  std::string path{scratch.path("door")};
  QueueSettings settings;
  bool unreadable{false};
  std::string logged;
  LogLines log{LogFormat::Lines, [this](std::string_view more) { logged += more; }};
  UniqueFd local;  // the other ends
  UniqueFd remote;
};

TEST_F(QueuedTest, WhatComesInGoesOutAndIsForgotten) {
  EXPECT_TRUE(serve([&] {
    EXPECT_EQ(*submit("joe@example.org"), 1);
    const wire::NumberedOrder got = order();
    EXPECT_EQ(got.order.local + '@' + got.order.domain, "joe@example.org");
    EXPECT_EQ(got.order.sender, "ann@example.org");
    answer(got.number, wire::Verdict::Done, "did 1+0+0\n");
    signal(SIGTERM);
  }));
  EXPECT_EQ(store.totals()->messages, 0U);
  EXPECT_THAT(logged, AllOf(HasSubstr("delivery 1: success: did_1+0+0/\n"),
                            HasSubstr("end msg 1\n"), EndsWith("status: exiting\n")));
}

TEST_F(QueuedTest, AcceptingDoesNotWaitForDeliveries) {
  EXPECT_TRUE(serve([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(submit("joe@example.org"));  // nobody answers an order
    signal(SIGTERM);
    deliver(static_cast<int>(settings.limits.local));
  }));
  EXPECT_EQ(store.totals()->waiting, 50 - settings.limits.local);
}

TEST_F(QueuedTest, AcceptingGoesOnWhileManyWait) {
  settings.in_flow = {.crowd = 10, .least = 1000};
  EXPECT_TRUE(serve([&] {
    for (int i = 0; i < 30; ++i) EXPECT_TRUE(submit("joe@example.org"));  // nobody answers an order
    signal(SIGTERM);
    deliver(static_cast<int>(settings.limits.local));
  }));
  EXPECT_EQ(store.totals()->waiting, 30 - settings.limits.local);
}

TEST_F(QueuedTest, AfterSigtermNothingBeginsAndWhatIsUnderWayEnds) {
  EXPECT_TRUE(serve([&] {
    EXPECT_TRUE(submit("joe@example.org"));
    const wire::NumberedOrder got = order();
    signal(SIGTERM);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(submit("ann@example.org"));  // it goes on taking mail
    answer(got.number, wire::Verdict::Done, "did 1+0+0\n");
  }));
  const Result<wire::Datagram> next = wire::receive_datagram(local.get(), wire::Wait::No);
  EXPECT_TRUE(next && next->bytes.empty()) << "the end, and no order";
  EXPECT_EQ(store.totals()->waiting, 4U);
  EXPECT_THAT(logged, AllOf(HasSubstr(" exitasap\n"), EndsWith("status: exiting\n")));
}

TEST_F(QueuedTest, SigalrmMakesEverythingDue) {
  EXPECT_TRUE(serve([&] {
    EXPECT_TRUE(submit("joe@example.org"));
    answer(order().number, wire::Verdict::Later, "not now\n");
    EXPECT_TRUE(submit("end@example.org"));
    EXPECT_EQ(order().order.local, "end");
    signal(SIGALRM);
    EXPECT_EQ(order().order.local, "joe");
    signal(SIGTERM);
    for (std::uint64_t number : {2U, 3U}) answer(number, wire::Verdict::Done, "");
  }));
  EXPECT_EQ(store.totals()->messages, 0U);
}

TEST_F(QueuedTest, SighupReadsSettingsAnewWhereItCan) {
  const std::size_t before = settings.limits.local;
  EXPECT_TRUE(serve([&] {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(submit(std::to_string(i) + "@example.org"));
    for (std::size_t i = 0; i < before; ++i) order();
    settings.limits.local = 7;
    signal(SIGHUP);
    for (std::size_t i = before; i < 7; ++i) order();
    unreadable = true;
    signal(SIGHUP);
    answer(1, wire::Verdict::Done, "");
    EXPECT_EQ(order().number, 8U);
    signal(SIGTERM);
    for (std::uint64_t number = 2; number <= 8; ++number) answer(number, wire::Verdict::Done, "");
  }));
  EXPECT_THAT(logged,
              AllOf(HasSubstr("status: local 7/7"),
                    HasSubstr("alert: unable to reread controls: control/locals: a directory\n")));
}

TEST_F(QueuedTest, ItEndsWithAnErrorWhereOneOfTheOthersHasGone) {
  for (const bool is_local : {true, false}) {
    ::unlink(path.c_str());
    logged.clear();
    const Result<void> ended = serve([&] { (is_local ? local : remote).reset(); });
    EXPECT_FALSE(ended);
    EXPECT_THAT(logged, EndsWith("alert: oh no! lost spawn connection! dying...\n"));
  }
}

TEST_F(QueuedTest, ItGoesOnWhereTheStoreStands) {
  put("joe@example.org", State::Waiting);
  put("none@example.org", State::Failed);  // and its sender was not told
  EXPECT_TRUE(serve([&] {
    std::vector<std::string> got;
    for (int i = 0; i < 2; ++i) {
      const wire::NumberedOrder each = order();
      got.push_back(each.order.local + " from <" + each.order.sender + '>');
      answer(each.number, wire::Verdict::Done, "did 1+0+0\n");
    }
    EXPECT_THAT(got, testing::UnorderedElementsAre("joe from <ann@example.org>", "ann from <>"));
    signal(SIGTERM);
  }));
  EXPECT_EQ(store.totals()->messages, 0U);
}

TEST_F(QueuedTest, NoAnswerIsWorthMoreThanItsOrder) {
  EXPECT_TRUE(serve([&] {
    EXPECT_TRUE(submit("joe@example.org"));
    const std::uint64_t number = order().number;
    // Another number, the other process's word for it, no answer at all.
    answer(number + 1, wire::Verdict::Done, "");
    EXPECT_TRUE(wire::send_datagram(remote.get(),
                                    wire::encode(number, wire::Answer{wire::Verdict::Done, ""}), -1,
                                    wire::Wait::Yes));
    EXPECT_TRUE(wire::send_datagram(local.get(), "nonsense", -1, wire::Wait::Yes));
    EXPECT_TRUE(submit("ann@example.org"));
    order();
    answer(number + 1, wire::Verdict::Later, "not now\n");
    signal(SIGTERM);
    answer(number, wire::Verdict::Later, "not now\n");
  }));
  EXPECT_EQ(store.totals()->waiting, 2U);
}

}  // namespace
}  // namespace lbx::queue
