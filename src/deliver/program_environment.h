// SPDX-License-Identifier: MIT
// The environment of programs that a delivery runs (CONTRACT 2.6).
#pragma once

#include "core/base/system.h"
#include "deliver/settings.h"

namespace lbx::deliver {

/// `variables`, those of the delivery, over what programs may know of our own environment: all of
/// it but DEFAULT where the settings pass it on, else PATH, SHELL, the language, the time zone,
/// and what names the mail system. Nothing that a service was told leaks to a user's program.
Environment program_environment(const Environment& ours, const Settings& settings,
                                const Environment& variables);

}  // namespace lbx::deliver
