// SPDX-License-Identifier: MIT
#include "convert/message_digest.h"

#include <algorithm>
#include <charconv>

#include "core/base/ascii.h"

namespace lbx::convert {

MessageDigest MessageDigest::of(const Sha256::Digest& digest) {
  MessageDigest out;
  std::copy_n(digest.begin(), out.octets.size(), out.octets.begin());
  return out;
}

std::optional<MessageDigest> MessageDigest::parse(std::string_view hex) {
  MessageDigest out;
  if (hex.size() != 2 * out.octets.size()) return std::nullopt;
  for (unsigned char& octet : out.octets) {
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + 2, octet, 16);
    if (error != std::errc{} || end != hex.data() + 2) return std::nullopt;
    hex.remove_prefix(2);
  }
  return out;
}

std::string MessageDigest::str() const {
  static constexpr std::string_view kDigits{"0123456789abcdef"};
  std::string hex;
  hex.reserve(2 * octets.size());
  for (const unsigned char octet : octets) {
    hex += kDigits[octet >> 4U];
    hex += kDigits[octet & 15U];
  }
  return hex;
}

std::uint64_t name_bits(std::string_view source, std::uint64_t ordinal,
                        const MessageDigest& digest) {
  std::string text{source};
  text += '\0';
  text += std::to_string(ordinal);
  text += '\0';
  for (const unsigned char octet : digest.octets) text += static_cast<char>(octet);
  Sha256 sum;
  sum.add(text);
  std::uint64_t bits = 0;
  const Sha256::Digest full = sum.finish();
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8U | full.at(i);
  return bits;
}

}  // namespace lbx::convert
