// SPDX-License-Identifier: MIT
// The works of a queue without its doors: a store in memory behind a committer's real thread, a
// spool area in a scratch directory, an event loop that nobody runs, and a frozen clock.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/event_loop.h"
#include "core/base/io.h"
#include "core/wire/order.h"
#include "queue/intake.h"
#include "queue/live_messages.h"
#include "queue/log_lines.h"
#include "queue/recorder.h"
#include "queue/scheduler.h"
#include "queue/store/committer.h"
#include "queue/store/spool_area.h"
#include "support/memory_store.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::testing_support {

class QueueWorks : public testing::Test {
 protected:
  std::int64_t now() const { return system.clock.time.seconds; }

  static queue::NewRecipient recipient(const std::string& address) {
    queue::NewRecipient made;
    made.address = address;
    made.destination = address;
    return made;
  }
  queue::NewMessage mail(const std::vector<std::string>& addresses,
                         const std::string& octets = "Subject: a\n\nb\n") const {
    queue::NewMessage message;
    message.envelope.sender = "ann@example.org";
    message.envelope.born = now();
    message.envelope.size = octets.size();
    message.body = queue::InlineBody{octets};
    for (const std::string& each : addresses) message.recipients.push_back(recipient(each));
    return message;
  }
  /// In the store at once, and known to nobody else.
  queue::Submitted stored(const queue::NewMessage& message) {
    EXPECT_TRUE(store.begin(queue::Durability::Now));
    queue::Submitted submitted = store.submit(message).value();
    EXPECT_TRUE(store.commit());
    store.commits.clear();
    return submitted;
  }
  queue::State state_of(queue::MessageId message, std::size_t index = 0) {
    return store.message(message, false).value()->recipients.at(index).state;
  }
  std::size_t messages() { return store.totals().value().messages; }

  /// The only operation that is posted has ended, and nobody has been told yet.
  void wait_for_the_store() const {
    pollfd ready{committer->ready_fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
  }
  /// All that was posted has ended, and what followed from it.
  void settle() const {
    for (int i = 0; i < 20; ++i) committer->drain();
  }
  /// Keeps the store's thread until open_gate(): what is posted meanwhile is one group.
  void close_gate() {
    std::promise<void> entered;
    queue::Committer::Operation operation;
    operation.run = [&](queue::QueueStore&) {
      entered.set_value();
      gate_.get_future().wait();
      return Result<void>{};
    };
    ASSERT_TRUE(committer->post(std::move(operation)));
    entered.get_future().wait();
  }
  void open_gate() { gate_.set_value(); }

  TestSystem system;
  ScratchDirectory scratch;
  MemoryStore store;
  std::unique_ptr<EventLoop> loop{EventLoop::open().value()};
  std::string logged;
  queue::LogLines log{queue::LogFormat::Lines, [this](std::string_view more) { logged += more; }};
  queue::SpoolArea spool{queue::SpoolArea::open(system.system, scratch.path()).value()};
  queue::Scheduler scheduler{{}};
  queue::LiveMessages live{{}};
  std::unique_ptr<queue::Committer> committer{queue::Committer::start(store, {}).value()};
  std::vector<wire::Order> forgotten;
  queue::Recorder recorder{*loop, *committer, spool, log,
                           [this](wire::Order notes) { forgotten.push_back(std::move(notes)); }};
  queue::Intake intake{system.clock, *committer, spool, scheduler, live, log};

 private:
  std::promise<void> gate_;
};

}  // namespace lbx::testing_support
