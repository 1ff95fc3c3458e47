// SPDX-License-Identifier: MIT
// File names in little memory, for sessions that keep a hundred thousand of them: two digits take
// one octet, and so does what many names have in common, like the name of a host. Any other octet
// takes one too, or two where it is no printable ASCII.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pop3d/name_index.h"

namespace lbx::pop3d {

class PackedNames {
 public:
  /// Pieces that may be kept as one octet.
  static constexpr std::size_t kMaxPieces = 60;
  /// Names that are enough to know what all have in common.
  static constexpr std::size_t kSample = 256;

  /// Looks at some names for what they have in common. Before the first add().
  void learn(const std::vector<std::string_view>& sample);

  /// Where it begins.
  std::size_t add(std::string_view name);
  /// The first `size` octets of the name that begins there; it has so many.
  std::string get(std::size_t at, std::size_t size) const;

  std::size_t size() const { return octets_.size(); }
  void reserve(std::size_t octets) { octets_.reserve(octets); }
  /// Gives back memory that was taken in advance.
  void shrink() { octets_.shrink_to_fit(); }

 private:
  void pack_other(std::string_view piece);

  std::string octets_;
  std::vector<std::string> pieces_;
  NameIndex by_text_{kMaxPieces};
};

}  // namespace lbx::pop3d
