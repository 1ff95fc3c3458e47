// SPDX-License-Identifier: MIT
#include "admin/site.h"

#include "core/base/ascii.h"
#include "core/base/utf8.h"
#include "core/message/address.h"

namespace lbx::admin {
namespace {

/// Whether the octet at `at` belongs to a control character beyond ASCII in `text`, which is UTF-8:
/// U+0080 to U+009F, which begin terminals' orders too, and what turns the direction of writing
/// round (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069) or begins a line (U+2028, U+2029).
bool is_control(std::string_view text, std::size_t at) {
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) --at;
  const std::string_view here = text.substr(at, 3);
  if (here.starts_with('\xC2')) return static_cast<unsigned char>(here[1]) < 0xA0;
  const auto last = static_cast<unsigned char>(here.size() == 3 ? here[2] : '\0');
  if (here.starts_with("\xE2\x80")) {
    return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
  }
  return here.starts_with("\xE2\x81") && last >= 0xA6 && last <= 0xA9;
}

}  // namespace

SplitAddress split_address(const std::string& address) {
  const Result<Address> parsed = Address::parse(address);
  if (parsed) return {parsed->local(), parsed->domain()};
  const std::size_t at = address.rfind('@');
  if (at == std::string::npos) return {address, std::nullopt};
  return {address.substr(0, at), address.substr(at + 1)};
}

bool is_address(const std::string& text) {
  return Address::parse(text) || Address::parse(text + "@host");
}

std::string shown(std::string_view text) {
  const bool readable = utf8::is_valid(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool plain = c == ' ' || ascii::is_graph(c) ||
                       (readable && static_cast<unsigned char>(c) >= 0x80 && !is_control(text, i));
    out += plain ? std::string(1, c) : "\\x" + ascii::to_hex(static_cast<unsigned char>(c), 2);
  }
  return out;
}

}  // namespace lbx::admin
