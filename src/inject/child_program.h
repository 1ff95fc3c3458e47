// SPDX-License-Identifier: MIT
// Running the program that a filter was given as words, or one of our own beside us.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/process.h"
#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx::inject {

/// A program's path: `name` where that has a slash, else the first executable file of that name
/// along $PATH, as execvp(3) looks. Never where there is none.
Result<std::string> find_program(System& system, const std::string& name);

/// The path of the program `name` of this system: bin/ of the mail home, where sites put their own
/// wrappers, else the folder of the program that runs.
Result<std::string> companion(System& system, const std::string& name);

/// Becomes the program whose path and arguments are `words`. It returns only where that fails.
Error become_program(const Environment& environment, const std::vector<std::string>& words);

/// Runs `words` with our descriptors and environment. One that cannot be found ends with 100, one
/// that cannot be started with 111. Killed by a signal: an error, Retry::Later.
Result<int> run_words(System& system, const std::vector<std::string>& words);

/// Runs `program` with the arguments in `words` after its name and with a pipe as standard input,
/// which gets `head` and then all of our standard input. What it does not read is lost: its exit
/// status is the value, and says whether that matters. Errors as in qmail: never where it cannot
/// be found, later where it was killed.
Result<int> feed(System& system, const Environment& environment,
                 const std::vector<std::string>& words, std::string_view head);

}  // namespace lbx::inject
