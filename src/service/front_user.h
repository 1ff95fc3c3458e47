// SPDX-License-Identifier: MIT
// The user whose rights a front has: the process of a server that talks to clients.
#pragma once

#include <optional>

#include "core/control/control_directory.h"
#include "core/users/accounts.h"

namespace lbx {

/// Whom to become: the one that `setting` names, where root has started us; otherwise nobody.
Result<std::optional<users::Account>> front_user(const control::ControlDirectory& control,
                                                 const control::Line& setting);

}  // namespace lbx
