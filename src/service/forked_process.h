// SPDX-License-Identifier: MIT
// The first and the last thing that a process does which was forked and goes on in this program.
#pragma once

#include <functional>

#include "core/base/result.h"

namespace lbx {

/// In a process just forked: signals are as usual again.
void become_ordinary_child();

/// What a process of its own does, and its end: status 1 and a line in the log, `name`, where it
/// failed.
[[noreturn]] void run_and_exit(const char* name, const std::function<Result<void>()>& work);

}  // namespace lbx
