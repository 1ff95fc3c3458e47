// SPDX-License-Identifier: MIT
// letterbox-srs: a bounce that came to a rewritten sender goes back to the one who sent first.
#pragma once

#include <sys/types.h>

#include "core/base/system.h"
#include "deliver/settings.h"

namespace lbx::deliver {

/// The rewritten local part that a delivery, by its environment, is for: DEFAULT, EXT or LOCAL, the
/// first of them that looks like one. Empty: none does.
std::string rewritten_part(const Environment& environment);

/// Forwards `message` to the address that the rewritten one stands for. The value is the process
/// number of the queue program. Never: forged, expired, or refused by the queue.
Result<pid_t> return_bounce(System& system, const Settings& settings, int message);

}  // namespace lbx::deliver
