// SPDX-License-Identifier: MIT
#include "convert/record_lines.h"

#include <charconv>

#include "core/base/ascii.h"
#include "core/base/digest.h"

namespace lbx::convert {
namespace {

constexpr std::string_view kBeforeCheck = " #";
constexpr std::size_t kCheckDigits = kRecordCheckOctets - kBeforeCheck.size();

std::string check_of(std::string_view text) {
  return sha256_hex(text).substr(0, kCheckDigits);
}

}  // namespace

std::string checked_line(const std::string& text) {
  return text + std::string{kBeforeCheck} + check_of(text) + '\n';
}

std::optional<std::string_view> without_check(std::string_view line) {
  if (line.size() < kRecordCheckOctets) return std::nullopt;
  const std::string_view text = line.substr(0, line.size() - kRecordCheckOctets);
  const std::string_view check = line.substr(text.size());
  if (!check.starts_with(kBeforeCheck)) return std::nullopt;
  if (check_of(text) != check.substr(kBeforeCheck.size())) return std::nullopt;
  return text;
}

std::string escape_word(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (ascii::is_graph(c) && c != '%') {
      out += c;
    } else {
      out += '%' + ascii::to_hex(static_cast<unsigned char>(c), 2);
    }
  }
  return out;
}

std::string unescape_word(std::string_view word) {
  std::string out;
  while (!word.empty()) {
    unsigned char octet = 0;
    if (word.front() == '%' && word.size() > 2 &&
        std::from_chars(word.data() + 1, word.data() + 3, octet, 16).ptr == word.data() + 3) {
      out += static_cast<char>(octet);
      word.remove_prefix(3);
    } else {
      out += word.front();
      word.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace lbx::convert
