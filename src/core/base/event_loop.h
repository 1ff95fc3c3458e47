// SPDX-License-Identifier: MIT
// One thread that waits for many things: descriptors, times, and what other threads hand over.
// Every callback runs in the thread of run(); whatever it forgets, itself included, is not called
// any more.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/epoll.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace lbx {

class EventLoop {
 public:
  using Call = std::function<void()>;
  using Time = std::chrono::steady_clock::time_point;
  using Interest = Epoll::Interest;
  /// Names a timer until it has been called.
  using TimerKey = std::pair<Time, std::uint64_t>;

  static Result<std::unique_ptr<EventLoop>> open();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// `call` is called whenever `fd` is ready or its other side has gone. It may be called once too
  /// often: it must not wait. `fd` stays the caller's; forget() comes before it is closed.
  Result<void> watch(int fd, Interest interest, Call call);
  Result<void> change(int fd, Interest interest);
  void forget(int fd);

  TimerKey after(std::chrono::milliseconds time, Call call);
  void cancel(const TimerKey& key) { timers_.erase(key); }

  /// Once at the end of every turn, before waiting again.
  void each_turn(Call call) { each_turn_ = std::move(call); }

  /// From any thread: `call` is called in this one, in the order of the post()s.
  void post(Call call);

  /// Until stop(). An error is the kernel's.
  Result<void> run();
  void stop() { stopped_ = true; }

 private:
  EventLoop(Epoll epoll, UniqueFd wake) : epoll_{std::move(epoll)}, wake_{std::move(wake)} {}
  Result<void> wait();
  void take_posted();
  void call_timers();
  int milliseconds_to_wait() const;

  Epoll epoll_;
  UniqueFd wake_;
  bool stopped_{false};
  Call each_turn_;
  std::unordered_map<int, std::shared_ptr<const Call>> calls_;
  std::map<TimerKey, Call> timers_;
  std::uint64_t next_timer_{0};

  std::mutex mutex_;  // for what is below
  std::vector<Call> posted_;
};

}  // namespace lbx
