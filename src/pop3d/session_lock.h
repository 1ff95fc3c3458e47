// SPDX-License-Identifier: MIT
// One session at a time, for sites that want it (RFC 1939 section 3 asks for a lock "as
// necessary"; a snapshot of a Maildir needs none).
#pragma once

#include "core/base/result.h"

namespace lbx::pop3d {

/// Takes the lock of a Maildir for as long as its descriptor `maildir` is open: it ends with the
/// session, however that ends. False: another session has it.
Result<bool> lock_maildrop(int maildir);

}  // namespace lbx::pop3d
