// SPDX-License-Identifier: MIT
#include "core/base/ascii.h"

#include <algorithm>
#include <charconv>

namespace lbx::ascii {

std::string to_lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool equal_fold(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool starts_with_fold(std::string_view text, std::string_view prefix) {
  return equal_fold(text.substr(0, prefix.size()), prefix);
}

std::string_view trim_end(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return trim_end(text);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t at = text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::string to_hex(std::uint64_t value, std::size_t digits) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(digits, '0');
  for (auto place = out.rbegin(); place != out.rend(); ++place, value >>= 4U) {
    *place = kDigits[value & 0xfU];
  }
  return out;
}

std::optional<std::uint64_t> parse_hex(std::string_view text, std::size_t digits) {
  std::uint64_t value = 0;
  if (text.size() != digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string replace(std::string_view text, char from, char to) {
  std::string out{text};
  std::ranges::replace(out, from, to);
  return out;
}

}  // namespace lbx::ascii
