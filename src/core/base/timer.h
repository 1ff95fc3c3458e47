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
  /// Starts anew.
  Result<void> restart(std::chrono::milliseconds time);
  int fd() const { return fd_.get(); }

 private:
  explicit Timer(UniqueFd fd) : fd_{std::move(fd)} {}

  UniqueFd fd_;
};

}  // namespace lbx
