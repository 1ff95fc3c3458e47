// SPDX-License-Identifier: MIT
// What letterbox-authd does, for the accounts of one login file, in a process of our own.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"

namespace lbx::pop3 {

struct PrivateAuth {
  std::string socket;  // a name that nobody else knows; for AuthClient
  UniqueFd stop;       // closed: it ends
};

/// Forks. Only our own user is served.
Result<PrivateAuth> start_private_auth(System& system, const std::string& login_file);

}  // namespace lbx::pop3
