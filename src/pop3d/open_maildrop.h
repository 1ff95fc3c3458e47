// SPDX-License-Identifier: MIT
// The maildrop of somebody who has proved who he is.
#pragma once

#include <string>

#include "core/base/system.h"
#include "pop3d/accounts.h"
#include "pop3d/settings.h"

namespace lbx::pop3d {

/// That of the Maildir at `path`, or why not: it is in use, it was so a moment ago, it cannot be
/// read now, which goes to the log.
LoginOutcome open_maildrop(System& system, const std::string& path, const ServerSettings& settings);

}  // namespace lbx::pop3d
