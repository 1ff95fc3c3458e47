// SPDX-License-Identifier: MIT
// The delivery agent: carries out what a plan says, line by line, in the order of CONTRACT 2.1.
// Forwards are collected and go to the queue together, last, so that nothing is forwarded where a
// line has failed. Lines before a failing one are not undone.
#pragma once

#include <sys/types.h>

#include <optional>

#include "core/base/system.h"
#include "deliver/plan.h"
#include "deliver/report.h"
#include "deliver/settings.h"

namespace lbx::deliver {

struct Counts {
  std::size_t files{0};
  std::size_t forwards{0};
  std::size_t programs{0};
};

struct Outcome {
  Report report;
  Counts counts;
  std::optional<pid_t> queued;  // the queue's process, where something was forwarded
  bool noted{false};            // there are notes of the attempt, see attempt.h
};

/// Delivers `message`, a seekable descriptor that is read from its first octet whatever its
/// position. SIGPIPE must be ignored, the umask 077.
Outcome deliver(System& system, const Request& request, const Settings& settings, int message);

}  // namespace lbx::deliver
