// SPDX-License-Identifier: MIT
// What a delivery is allowed and told to do, beyond what the .qmail file says.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "core/mbox/lock.h"

namespace lbx::deliver {

/// Octets of a program's output of which the last line is kept.
inline constexpr std::size_t kMaxProgramText = 4096;

struct Settings {
  bool pretend{false};          // only say what would be done
  bool create_maildirs{false};  // those that the default delivery names
  bool capture_output{false};   // of programs: into the report, not onto our own output
  MboxLockPolicy locks;
  /// Names this delivery over all its attempts; empty: nobody knows.
  std::string attempt;
  /// Gets the lines of `pretend` and warnings, without a newline.
  std::function<void(const std::string&)> say;
};

}  // namespace lbx::deliver
