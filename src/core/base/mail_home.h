// SPDX-License-Identifier: MIT
// The mail home: the directory with control/, users/, alias/, queue/ and run/ (DESIGN section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/system.h"

namespace lbx {

inline constexpr std::string_view kDefaultMailHome = "/var/lib/letterbox";

/// What was asked for, else what LETTERBOX_HOME says, else the default.
std::string mail_home(const Environment& environment,
                      const std::optional<std::string>& asked_for = std::nullopt);

}  // namespace lbx
