// SPDX-License-Identifier: MIT
// Asks PAM about one user and ends: `letterbox-authd --check-pam SERVICE`. A process of its own,
// because PAM modules may hang, leak and call exit(3).
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx::auth {

/// Reads `NAME NUL PASSWORD NUL ADDRESS NUL MODE NUL` from `fd`, MODE being `password` or
/// `account`. The value is the exit status of the checkpassword interface: 0 yes, 1 no, 111 nobody
/// can tell now.
Result<int> check_pam(System& system, const std::string& service, int fd);

}  // namespace lbx::auth
