// SPDX-License-Identifier: MIT
// Numbers found by name, where somebody else keeps the names: four octets for each and no copy, so
// that a hundred thousand names cost little. The slots are plain memory: a file may hold them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace lbx::pop3d {

/// Eight octets at a time. Also good to tell a torn file from a whole one.
inline std::uint64_t name_hash(std::string_view bytes, std::uint64_t sum = 0) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  sum ^= bytes.size();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = bytes.size() < sizeof word ? bytes.size() : sizeof word;
    std::memcpy(&word, bytes.data(), size);
    sum = (sum ^ word) * kOdd;
    sum ^= sum >> 29U;
    bytes.remove_prefix(size);
  }
  return sum;
}

inline constexpr std::uint32_t kFreeSlot = std::numeric_limits<std::uint32_t>::max();

/// Slots for so many names: a power of two of which half stays free, so that every walk ends.
inline std::size_t slots_for(std::size_t names) {
  return std::bit_ceil(names * 2 + 2);
}

/// The slot of a name: where it is, or would be. `has_name(number, name)` tells of any number that
/// is there whether that is its name.
template <typename HasName>
std::size_t slot_of(std::span<const std::uint32_t> slots, std::string_view name, HasName has_name) {
  const std::size_t mask = slots.size() - 1;
  std::size_t at = name_hash(name) & mask;
  while (slots[at] != kFreeSlot && !has_name(slots[at], name)) at = (at + 1) & mask;
  return at;
}

class NameIndex {
 public:
  /// Room for that many names; add() no more.
  explicit NameIndex(std::size_t names) : slots_(slots_for(names), kFreeSlot) {}

  /// Enters `number` as `name`. Where the name is there already, nothing changes and the number
  /// that it has is returned.
  template <typename HasName>
  std::optional<std::uint32_t> add(std::string_view name, std::uint32_t number, HasName has_name) {
    std::uint32_t& slot = slots_[slot_of(slots_, name, has_name)];
    if (slot != kFreeSlot) return slot;
    slot = number;
    return std::nullopt;
  }

  template <typename HasName>
  std::optional<std::uint32_t> find(std::string_view name, HasName has_name) const {
    const std::uint32_t number = slots_[slot_of(slots_, name, has_name)];
    if (number == kFreeSlot) return std::nullopt;
    return number;
  }

  std::span<const std::uint32_t> slots() const { return slots_; }

 private:
  std::vector<std::uint32_t> slots_;
};

}  // namespace lbx::pop3d
