// SPDX-License-Identifier: MIT
// What letterbox-authd gives away before it hears anybody.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/users/accounts.h"

namespace lbx::auth {

/// No core dumps, no debugger of the same user: passwords are in memory. Nothing that is written
/// may be read by others. Where no other programs are run, no_new_privs too; PAM's and other
/// people's password checkers may have to be setuid.
Result<void> harden(bool runs_programs);

/// Becomes `user` for good, with the groups that are his. For root only.
Result<void> become_user(const users::Account& user);

}  // namespace lbx::auth
