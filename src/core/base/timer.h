// SPDX-License-Identifier: MIT
// A descriptor that becomes readable when a time is over: for poll(2), without asking for the time.
#pragma once

#include <chrono>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace lbx {

class Timer {
 public:
  static Result<Timer> after(std::chrono::milliseconds time);
  /// One that waits for its restart().
  static Result<Timer> stopped();
  /// Starts anew.
  Result<void> restart(std::chrono::milliseconds time);
  /// Not readable, until it is started anew.
  Result<void> stop() { return set(std::chrono::milliseconds{0}); }
  int fd() const { return fd_.get(); }

 private:
  explicit Timer(UniqueFd fd) : fd_{std::move(fd)} {}
  Result<void> set(std::chrono::milliseconds time);

  UniqueFd fd_;
};

}  // namespace lbx
