// SPDX-License-Identifier: MIT
// LOGIN-DELAY (RFC 2449 section 6.5): the time of the last login is that of the file
// letterbox-pop3-login in the Maildir, so that it holds for every process and node.
#pragma once

#include <chrono>

#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx::pop3d {

/// Whether the last login was less than `delay` ago; if not, this is now the last one. To be asked
/// once the credentials are known to be good. A clock that was set back keeps nobody out. Without a
/// delay nothing is looked at.
Result<bool> login_too_soon(System& system, int maildir, std::chrono::seconds delay);

}  // namespace lbx::pop3d
