// SPDX-License-Identifier: MIT
// Base64 (RFC 4648 section 4) as protocols carry it on one line: no line ends, nothing overlooked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lbx {

std::string base64_encode(std::string_view bytes);

/// Nothing unless `text` is exactly what base64_encode() gives for some bytes: no foreign
/// character, whole groups of four, '=' only at the end, no stray bits (RFC 5034 section 4 has
/// servers refuse all else).
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace lbx
