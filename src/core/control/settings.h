// SPDX-License-Identifier: MIT
// Every setting there is. letterbox-control(5) has the same list, and a test compares the two.
#pragma once

#include <span>

#include "core/control/setting.h"

namespace lbx::control {

inline constexpr Line kMe{"me", "", "the name of this host: the default of other host names"};

inline constexpr Line kDefaultDelivery{
    "defaultdelivery", "./Maildir/",
    "what happens to mail of a user whose .qmail file is missing or empty"};

/// All of them, in the order of their names.
std::span<const Setting> all();

}  // namespace lbx::control
