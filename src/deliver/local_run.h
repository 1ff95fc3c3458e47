// SPDX-License-Identifier: MIT
// A delivery as qmail-local does it: text on standard output and error, qmail's exit status.
#pragma once

#include "core/base/system.h"
#include "deliver/plan.h"

namespace lbx::deliver {

/// Delivers `message`, or with `pretend` says what would be done, and says how it ended ("did
/// 1+0+0" on standard output, or a sentence on standard error). The value is the exit status. The
/// umask must be 077, SIGPIPE and SIGINT ignored.
Result<int> run_as_qmail_local(System& system, const Request& request, bool pretend, int message);

}  // namespace lbx::deliver
