// SPDX-License-Identifier: MIT
// The checkpassword interface (CONTRACT 1.17): a program that reads name, password and timestamp
// from descriptor 3 and, if they are right, becomes the user and runs the rest of its arguments.
#pragma once

#include <string>

#include "core/base/result.h"
#include "pop3d/accounts.h"

namespace lbx::pop3d {

struct ChildEnd {
  bool crashed;     // killed by a signal
  int exit_status;  // if not crashed
};

/// Runs `argv` (ended by a null pointer, looked up in PATH) and waits for its end. Descriptors 0,
/// 1 and 2 are ours; nothing of what the program writes passes through us. A program that cannot
/// be run ends with status 1.
Result<ChildEnd> run_checkpassword(char** argv, const Credentials& credentials,
                                   const std::string& timestamp);

}  // namespace lbx::pop3d
