// SPDX-License-Identifier: MIT
// A delivery as qmail-local does it: text on standard output and error, qmail's exit status.
#pragma once

#include <string>
#include <vector>

#include "core/base/system.h"
#include "deliver/engine.h"
#include "deliver/plan.h"

namespace lbx::deliver {

// The statuses of qmail-lspawn's child where the program that delivers could not be started
// (CONTRACT 1.2): trying again may help, or is no use.
inline constexpr int kLocalExecLater = 120;
inline constexpr int kLocalExecNever = 126;

/// The command line of qmail-local, or of the program that QMAILLOCAL names.
std::vector<std::string> local_arguments(const std::string& program, const Request& request);

/// What is said at the end: "did 1+0+0" and what the queue said, or the reason; lines.
std::string last_words(const Outcome& outcome);

/// Delivers `message`, or with `pretend` says what would be done, and says how it ended ("did
/// 1+0+0" on standard output, or a sentence on standard error). The value is the exit status. The
/// umask must be 077, SIGPIPE and SIGINT ignored.
Result<int> run_as_qmail_local(System& system, const Request& request, bool pretend, int message);

}  // namespace lbx::deliver
