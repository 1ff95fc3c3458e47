// SPDX-License-Identifier: MIT
// One session over pipes, or whatever else descriptors 0 and 1 are but a socket: in this process,
// for the accounts of a login file, without TLS. Under other people's TLS wrappers, and by hand.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/system.h"
#include "pop3d/settings.h"

namespace lbx::pop3 {

Result<void> serve_pipes(System& system, const std::string& login_file,
                         const pop3d::ServerSettings& settings);

}  // namespace lbx::pop3
