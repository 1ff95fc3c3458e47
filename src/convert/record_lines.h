// SPDX-License-Identifier: MIT
// Lines of the files that an import keeps for itself: words between blanks, and a check at the end,
// ` #` and 8 hexadecimal digits, so that what a crash has torn is told from what was written.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lbx::convert {

/// Octets of a line at most: PATH_MAX, each octet escaped, and some words.
inline constexpr std::size_t kMaxRecordLine = std::size_t{16} * 1024;
/// Octets that the check adds, without the newline.
inline constexpr std::size_t kRecordCheckOctets = 10;

/// `text` with its check and a newline.
std::string checked_line(const std::string& text);
/// The line, given without its newline, without its check; nothing where that is wrong.
std::optional<std::string_view> without_check(std::string_view line);

/// Any octets as one word: what is not graphic ASCII, and '%', as %xx.
std::string escape_word(std::string_view text);
std::string unescape_word(std::string_view word);

}  // namespace lbx::convert
