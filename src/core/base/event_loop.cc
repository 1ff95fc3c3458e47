// SPDX-License-Identifier: MIT
#include "core/base/event_loop.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

namespace lbx {

Result<std::unique_ptr<EventLoop>> EventLoop::open() {
  Epoll epoll = LBX_TRY(Epoll::open());
  UniqueFd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake) return Error::from_errno(errno, "eventfd");
  const int wake_fd = wake.get();
  std::unique_ptr<EventLoop> loop{new EventLoop{std::move(epoll), std::move(wake)}};
  EventLoop* const raw = loop.get();
  LBX_TRY(loop->watch(wake_fd, Interest::Read, [raw] { raw->take_posted(); }));
  return loop;
}

Result<void> EventLoop::watch(int fd, Interest interest, Call call) {
  LBX_TRY(epoll_.watch(fd, static_cast<std::uint64_t>(fd), interest));
  calls_[fd] = std::make_shared<const Call>(std::move(call));
  return {};
}

Result<void> EventLoop::change(int fd, Interest interest) {
  return epoll_.change(fd, static_cast<std::uint64_t>(fd), interest);
}

void EventLoop::forget(int fd) {
  if (calls_.erase(fd) > 0) epoll_.forget(fd);
}

EventLoop::TimerKey EventLoop::after(std::chrono::milliseconds time, Call call) {
  const TimerKey key{std::chrono::steady_clock::now() + time, next_timer_++};
  timers_.emplace(key, std::move(call));
  return key;
}

void EventLoop::post(Call call) {
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    first = posted_.empty();
    posted_.push_back(std::move(call));
  }
  // Whoever put in the first one has woken the loop for all that follow.
  if (first) static_cast<void>(::eventfd_write(wake_.get(), 1));
}

void EventLoop::take_posted() {
  eventfd_t count = 0;
  static_cast<void>(::eventfd_read(wake_.get(), &count));
  std::vector<Call> calls;
  {
    const std::lock_guard lock{mutex_};
    calls.swap(posted_);
  }
  for (const Call& each : calls) each();
}

void EventLoop::call_timers() {
  while (!timers_.empty() && timers_.begin()->first.first <= std::chrono::steady_clock::now()) {
    const Call call = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    call();
  }
}

int EventLoop::milliseconds_to_wait() const {
  using namespace std::chrono;
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first.first - steady_clock::now();
  const auto whole = ceil<milliseconds>(left).count();
  constexpr std::int64_t kLongest = 3'600'000;
  return static_cast<int>(std::clamp<std::int64_t>(whole, 0, kLongest));
}

Result<void> EventLoop::wait() {
  const Epoll::Ready ready = LBX_TRY(epoll_.wait(milliseconds_to_wait()));
  for (const std::uint64_t each : ready) {
    const auto found = calls_.find(static_cast<int>(each));
    if (found == calls_.end()) continue;
    const std::shared_ptr<const Call> call = found->second;  // it may forget itself
    (*call)();
  }
  return {};
}

Result<void> EventLoop::run() {
  while (!stopped_) {
    LBX_TRY(wait());
    call_timers();
    if (each_turn_) each_turn_();
  }
  return {};
}

}  // namespace lbx
