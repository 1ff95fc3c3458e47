// SPDX-License-Identifier: MIT
// Signals as something to read from a descriptor, beside all else that a process waits for.
#pragma once

#include <initializer_list>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace lbx {

/// Takes `signals` from now on by a descriptor, which never makes a reader wait: blocks them for
/// this thread and those that it makes, and for processes that are forked (programs that are
/// started get them again: process.h). Before there is a second thread.
Result<UniqueFd> open_signals(std::initializer_list<int> signals);

/// The next one that has come; 0: none.
int next_signal(int descriptor);

}  // namespace lbx
