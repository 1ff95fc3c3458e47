// SPDX-License-Identifier: MIT
// `letterbox srs`: what forwarding makes of a sender, and what a bounce to it goes to.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/control/control_directory.h"

namespace lbx::admin {

/// `address` rewritten by the settings srsdomain and srssecrets, or turned back; what is asked and
/// what is answered stands in quotes where it needs them. An error where there is no srsdomain, or
/// where it cannot be turned back.
Result<std::string> convert_sender(const control::ControlDirectory& control, bool reverse,
                                   const std::string& address, Instant now);

}  // namespace lbx::admin
