// SPDX-License-Identifier: MIT
// What counts as one place where connections and guesses come from.
#pragma once

#include <string>

namespace lbx {

/// An IPv4 address (also where IPv6 maps it), the first 64 bits of an IPv6 address, which is what
/// one customer has, as text; nothing for whatever is no IP address.
std::string place_of(const std::string& address);

bool is_loopback(const std::string& address);

}  // namespace lbx
