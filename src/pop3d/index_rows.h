// SPDX-License-Identifier: MIT
// What is known of each message, as it lies in memory and, one to one, in the index of a Maildir:
// index_file.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/base/result.h"

namespace lbx::pop3d {

/// A message's file: sixteen octets, and its name, which lies with those of all others.
struct MessageRow {
  enum Flags : std::uint8_t {
    InCur = 1,
    SharesBase = 2,  // another file has the same base name
    NamedSize = 4,   // nobody has counted: `octets` are what the name says
  };

  std::uint64_t octets;
  std::uint32_t name;      // where it begins
  std::uint8_t size;       // file names have 255 octets at most
  std::uint8_t base_size;  // up to the first colon
  std::uint8_t flags;
  std::uint8_t unused;  // 0

  bool is(Flags flag) const { return (flags & flag) != 0; }
  /// They have been counted.
  void count(std::uint64_t how_many) {
    octets = how_many;
    flags &= static_cast<std::uint8_t>(~NamedSize);
  }
};

/// Octets of all names together, at most: a row says in 32 bits where one begins, and packed they
/// may become twice as many.
inline constexpr std::size_t kMaxNames = std::numeric_limits<std::uint32_t>::max() / 2;
inline Error too_many_names() {
  return Error::later("too many messages in one Maildir");
}

/// An id that is neither the base name nor its digest.
struct OwnId {
  std::uint32_t at;
  std::uint32_t size;  // 0: it is one of these
};

static_assert(sizeof(MessageRow) == 16 && std::is_trivially_copyable_v<MessageRow>);
static_assert(sizeof(OwnId) == 8 && std::is_trivially_copyable_v<OwnId>);

}  // namespace lbx::pop3d
