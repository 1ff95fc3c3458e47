// SPDX-License-Identifier: MIT
#include "core/base/timer.h"

#include <sys/timerfd.h>

#include <cerrno>
#include <utility>

namespace lbx {

Result<Timer> Timer::after(std::chrono::milliseconds time) {
  Timer timer = LBX_TRY(stopped());
  LBX_TRY(timer.restart(time));
  return timer;
}

Result<Timer> Timer::stopped() {
  UniqueFd fd{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  if (!fd) return Error::from_errno(errno, "timerfd_create");
  return Timer{std::move(fd)};
}

Result<void> Timer::restart(std::chrono::milliseconds time) {
  return set(std::max(time, std::chrono::milliseconds{1}));
}

/// A time of nothing switches it off.
Result<void> Timer::set(std::chrono::milliseconds time) {
  using namespace std::chrono;
  const seconds whole = duration_cast<seconds>(time);
  const itimerspec when{{0, 0}, {whole.count(), nanoseconds{time - whole}.count()}};
  if (::timerfd_settime(fd_.get(), 0, &when, nullptr) != 0) {
    return Error::from_errno(errno, "timerfd_settime");
  }
  return {};
}

}  // namespace lbx
