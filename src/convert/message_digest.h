// SPDX-License-Identifier: MIT
// What tells one imported message from another: the digest of its octets as they are stored. Flags,
// names and bookkeeping fields are no part of it, so a message that a mail program has marked as
// read since the last import is still the same message.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/digest.h"

namespace lbx::convert {

/// 96 bits of SHA-256: chance never makes two equal, and whoever could make two such messages only
/// hides his own.
struct MessageDigest {
  std::array<unsigned char, 12> octets{};

  static MessageDigest of(const Sha256::Digest& digest);
  /// Reads what str() wrote.
  static std::optional<MessageDigest> parse(std::string_view hex);
  std::string str() const;  // 24 hexadecimal digits
  // Not defaulted: the checker takes the <=> of arrays for a null pointer somewhere inside.
  bool operator==(const MessageDigest& other) const { return octets == other.octets; }
  std::strong_ordering operator<=>(const MessageDigest& other) const {
    return std::lexicographical_compare_three_way(octets.begin(), octets.end(),
                                                  other.octets.begin(), other.octets.end());
  }
};

/// The random part of an imported message's name. It follows from what the message is and where it
/// came from, so that a run that was interrupted gives the names that an undisturbed one gives.
std::uint64_t name_bits(std::string_view source, std::uint64_t ordinal,
                        const MessageDigest& digest);

}  // namespace lbx::convert
