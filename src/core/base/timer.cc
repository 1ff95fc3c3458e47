// SPDX-License-Identifier: MIT
#include "core/base/timer.h"

#include <sys/timerfd.h>

#include <cerrno>
#include <utility>

namespace lbx {

Result<Timer> Timer::after(std::chrono::milliseconds time) {
  UniqueFd fd{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  if (!fd) return Error::from_errno(errno, "timerfd_create");
  Timer timer{std::move(fd)};
  LBX_TRY(timer.restart(time));
  return timer;
}

Result<void> Timer::restart(std::chrono::milliseconds time) {
  using namespace std::chrono;
  // A time of nothing would switch it off.
  const milliseconds wait = std::max(time, milliseconds{1});
  const seconds whole = duration_cast<seconds>(wait);
  const itimerspec when{{0, 0}, {whole.count(), nanoseconds{wait - whole}.count()}};
  if (::timerfd_settime(fd_.get(), 0, &when, nullptr) != 0) {
    return Error::from_errno(errno, "timerfd_settime");
  }
  return {};
}

}  // namespace lbx
