// SPDX-License-Identifier: MIT
#include "core/base/utf8.h"

#include <cstddef>

namespace lbx::utf8 {
namespace {

unsigned octet(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

/// Octets of the character that `text` begins with, 0 if it is none: the table of RFC 3629
/// section 4, whose second octet has narrower bounds behind E0, ED, F0 and F4.
std::size_t first_character(std::string_view text) {
  const unsigned first = octet(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (octet(text, 1) < least || octet(text, 1) > most) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (octet(text, i) < 0x80 || octet(text, i) > 0xBF) return 0;
  }
  return size;
}

}  // namespace

bool is_valid(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = first_character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string from_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0U | (octet >> 6U));
      out += static_cast<char>(0x80U | (octet & 0x3FU));
    }
  }
  return out;
}

}  // namespace lbx::utf8
