// SPDX-License-Identifier: MIT
#include "admin/site.h"

#include "core/base/ascii.h"
#include "core/message/address.h"

namespace lbx::admin {

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
  std::string out;
  for (const char c : text) {
    const bool plain = c == ' ' || ascii::is_graph(c) || static_cast<unsigned char>(c) >= 0x80;
    out += plain ? std::string(1, c) : "\\x" + ascii::to_hex(static_cast<unsigned char>(c), 2);
  }
  return out;
}

}  // namespace lbx::admin
