// SPDX-License-Identifier: MIT
// Becoming a user for good, and leaving behind what a child must not have.
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/base/result.h"

namespace lbx {

/// The process has only that user's and that group's rights from now on, and no way back. uid 0 is
/// an error: nobody becomes root here. Where the process is that user already and not root, nothing
/// is to be done.
Result<void> become_user(uid_t uid, gid_t gid);

/// Neither this process nor what it starts gets rights from set-user-id programs any more.
Result<void> forbid_new_privileges();

/// Closes every descriptor but standard error and those of `keep`; 0 and 1 become /dev/null unless
/// they are kept.
void close_all_but(std::vector<int> keep);

}  // namespace lbx
