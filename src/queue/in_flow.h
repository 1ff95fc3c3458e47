// SPDX-License-Identifier: MIT
// How fast mail is taken in while much of what was taken waits to be delivered here. Accepting
// needs the same disk and processors as delivering; whoever hands mail in at full speed must not
// keep it from those it is for. It promises:
//   - with few recipients waiting, nothing is held;
//   - else a third as many messages come in as deliveries begin, so that what waits gets less, and
//     `least` a second in any case: no submission waits for a delivery;
//   - what is held goes in its order.
// Each interval has an allowance; what it leaves over serves whoever comes later in that interval,
// so that one who hands in a message after the other has the same pace as many at once. Knows no
// clock: tick() is called every kInterval while pacing().
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

namespace lbx::queue {

class InFlow {
 public:
  using Go = std::function<void()>;
  struct Limits {
    std::size_t crowd{100};    // local recipients that are due
    std::uint64_t least{500};  // messages a second
  };
  /// Where things stand.
  struct Load {
    std::size_t due{0};      // local recipients whose turn has not come, though it could
    std::uint64_t begun{0};  // deliveries so far
  };
  /// Messages that come in together share a flush: not one by one.
  static constexpr std::chrono::milliseconds kInterval{10};

  void set_limits(const Limits& limits) { limits_ = limits; }

  /// Calls `go`, at once or from a tick().
  void submit(Go go, const Load& load);
  void tick(const Load& load);
  bool pacing() const { return pacing_; }

  std::size_t held() const { return held_.size(); }

 private:
  void begin_interval(const Load& load);
  void release(std::uint64_t count);

  Limits limits_;
  std::deque<Go> held_;
  bool pacing_{false};
  bool used_{false};               // something came in this interval
  std::uint64_t left_{0};          // of this interval's allowance
  std::uint64_t begun_before_{0};  // when this interval began
};

}  // namespace lbx::queue
