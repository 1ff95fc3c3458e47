// SPDX-License-Identifier: MIT
// What is known of each message, as it lies in memory and, one to one, in the index of a Maildir:
// index_file.h.
#pragma once

#include <cstdint>
#include <type_traits>

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
};

/// An id that is not the base name.
struct OwnId {
  std::uint32_t at;
  std::uint32_t size;  // 0: the base name is the id
};

static_assert(sizeof(MessageRow) == 16 && std::is_trivially_copyable_v<MessageRow>);
static_assert(sizeof(OwnId) == 8 && std::is_trivially_copyable_v<OwnId>);

}  // namespace lbx::pop3d
