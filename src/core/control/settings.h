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

inline constexpr Line kDelimiters{"delimiters", "-",
                                  "the characters that separate a user's name from an extension"};

inline constexpr Line kEnvNoAtHost{"envnoathost", "envnoathost",
                                   "the domain of an address without one", true};

inline constexpr List kLocals{"locals",
                              "the domains whose mail is for the users of this host; else me"};

inline constexpr List kPercentHack{"percenthack", "domains for which user%host means user@host"};

inline constexpr List kVirtualDomains{
    "virtualdomains", "domains and addresses, each with the user who has their mail"};

/// All of them, in the order of their names.
std::span<const Setting> all();

}  // namespace lbx::control
