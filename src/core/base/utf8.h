// SPDX-License-Identifier: MIT
// UTF-8 (RFC 3629).
#pragma once

#include <string>
#include <string_view>

namespace lbx::utf8 {

/// Whether `text` is well-formed: no stray or missing octets, no overlong forms, no surrogates,
/// nothing beyond U+10FFFF.
bool is_valid(std::string_view text);

/// Every octet as the character of ISO 8859-1 that it is there.
std::string from_latin1(std::string_view text);

}  // namespace lbx::utf8
