// SPDX-License-Identifier: MIT
// Modified UTF-7: how IMAP servers write names that are not ASCII, of folders above all (RFC 3501
// section 5.1.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lbx::modified_utf7 {

/// Nothing where `utf8` is no UTF-8 (utf8.h).
std::optional<std::string> encode(std::string_view utf8);

/// The UTF-8 text. Nothing where `text` is not what encode() gives for any text: so that two names
/// are never one, and none is a name that encode() would not give back.
std::optional<std::string> decode(std::string_view text);

}  // namespace lbx::modified_utf7
