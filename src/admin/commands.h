// SPDX-License-Identifier: MIT
// The subcommands of `letterbox`: each reads its own command line (argv[0] is its name) and returns
// an exit status.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx::admin {

Result<int> check_command(System& system, int argc, char** argv);
Result<int> config_command(System& system, int argc, char** argv);
Result<int> explain_command(System& system, int argc, char** argv);
Result<int> maildir_command(System& system, int argc, char** argv);
Result<int> queue_command(System& system, int argc, char** argv);
Result<int> srs_command(System& system, int argc, char** argv);
Result<int> user_command(System& system, int argc, char** argv);

/// Onto standard output, as it is.
void print(const std::string& text);

}  // namespace lbx::admin
