// SPDX-License-Identifier: MIT
// Text as protocols see it: bytes, of which only the ASCII ones have a case. No locale is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lbx::ascii {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || is_alpha(c);
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
/// 0x21..0x7E: what a POP3 id or an ESMTP keyword may hold.
constexpr bool is_graph(char c) {
  return c > ' ' && c < '\x7f';
}

std::string to_lower(std::string_view text);
bool equal_fold(std::string_view a, std::string_view b);
bool starts_with_fold(std::string_view text, std::string_view prefix);

/// `text` without blanks (space, tab) at both ends, or at the end only.
std::string_view trim(std::string_view text);
std::string_view trim_end(std::string_view text);

/// The pieces between separators; always at least one, which may be empty.
std::vector<std::string_view> split(std::string_view text, char separator);

/// A whole decimal number: digits only, at least one, no sign, within 64 bits. Anything else is
/// nothing.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// `value` in exactly `digits` lower-case hexadecimal digits (the lowest ones).
std::string to_hex(std::uint64_t value, std::size_t digits);

/// Exactly `digits` hexadecimal digits, in any case; anything else is nothing.
std::optional<std::uint64_t> parse_hex(std::string_view text, std::size_t digits);

/// `text` with every occurrence of `from` replaced by `to`.
std::string replace(std::string_view text, char from, char to);

}  // namespace lbx::ascii
