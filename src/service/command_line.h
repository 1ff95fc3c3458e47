// SPDX-License-Identifier: MIT
// The command line of our own programs, by CLI11: included here and nowhere else. The programs that
// carry qmail's names read theirs as qmail does (getopt in their *_main.cc), those that run for
// each message by options.h.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "core/base/result.h"

namespace lbx {

struct ListenerOptions;

/// Reads the command line into `app`. A value is an exit status to end with at once (--help,
/// --version: 0, printed). A command line that makes no sense is an error, Retry::Later: whoever
/// wrote it can mend it while the mail waits.
Result<std::optional<int>> parse_command_line(CLI::App& app, int argc, char** argv);

/// Adds --max-connections and --max-per-address.
void add_connection_limits(CLI::App& app, ListenerOptions& options);

}  // namespace lbx
