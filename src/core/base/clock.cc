// SPDX-License-Identifier: MIT
#include "core/base/clock.h"

#include <ctime>

namespace lbx {

Instant SystemClock::now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return {now.tv_sec, static_cast<std::int32_t>(now.tv_nsec / 1000)};
}

std::int64_t monotonic_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

}  // namespace lbx
