// SPDX-License-Identifier: MIT
#include "core/wire/datagram_workers.h"

#include <gtest/gtest.h>

#include <condition_variable>

namespace lbx::wire {
namespace {

/// Everybody who comes waits until so many have come.
class Gate {
 public:
  explicit Gate(unsigned wanted) : wanted_{wanted} {}
  bool pass() {
    std::unique_lock lock{mutex_};
    ++here_;
    changed_.notify_all();
    return changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return here_ >= wanted_; });
  }

 private:
  unsigned wanted_;
  unsigned here_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
};

TEST(DatagramWorkers, SoManyAreHandledAtOnceAndNoMore) {
  static constexpr unsigned kThreads = 4;
  static constexpr int kDatagrams = 40;
  SocketPair pair = make_socket_pair().value();
  Gate gate{kThreads};
  std::atomic<unsigned> now{0};
  std::atomic<unsigned> most{0};
  std::atomic<int> handled{0};
  DatagramWorkers workers{pair.theirs.get(), kThreads, [&](const Datagram&) {
                            const unsigned here = ++now;
                            unsigned seen = most;
                            while (here > seen && !most.compare_exchange_weak(seen, here)) {
                            }
                            EXPECT_TRUE(gate.pass());
                            ++handled;
                            --now;
                          }};
  for (int i = 0; i < kDatagrams; ++i) {
    ASSERT_TRUE(send_datagram(pair.ours.get(), "x", -1, Wait::Yes));
  }
  pair.ours.reset();
  workers.run();
  EXPECT_EQ(handled, kDatagrams) << "what was sent before the end is done";
  EXPECT_EQ(most, kThreads);
}

TEST(DatagramWorkers, OneThreadTakesThemInOrder) {
  SocketPair pair = make_socket_pair().value();
  std::string seen;
  for (const char* each : {"a", "b", "c"}) {
    ASSERT_TRUE(send_datagram(pair.ours.get(), each, -1, Wait::Yes));
  }
  pair.ours.reset();
  DatagramWorkers{pair.theirs.get(), 1, [&](const Datagram& each) { seen += each.bytes; }}.run();
  EXPECT_EQ(seen, "abc");
}

}  // namespace
}  // namespace lbx::wire
