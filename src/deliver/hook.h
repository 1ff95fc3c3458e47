// SPDX-License-Identifier: MIT
// The setting deliveryhook: a command that is told of each file that took a message, for indexers.
// It runs after the delivery, beside it and without it: nothing that it does or fails to do changes
// how the delivery ends, or when. One runs for a user at a time; what is delivered meanwhile is
// noted in .letterbox/hook below his home, and told to the next run, which the first one begins.
#pragma once

#include <string>
#include <vector>

#include "deliver/plan.h"
#include "deliver/settings.h"

namespace lbx::deliver {

/// Octets of file names that wait for a run at most; what is beyond that is not told.
inline constexpr std::size_t kMaxHookOctets = std::size_t{1024} * 1024;

/// Starts it for `placed`, paths as they are seen from `home`, and returns at once. What goes wrong
/// later stands in the system's log.
void run_hook(System& system, const Settings& settings, const Plan& plan, int home,
              const std::vector<std::string>& placed);

}  // namespace lbx::deliver
