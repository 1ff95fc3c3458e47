// SPDX-License-Identifier: MIT
// Numbers found by name, where somebody else keeps the names: four octets for each and no copy, so
// that a hundred thousand names cost little.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace lbx::pop3d {

class NameIndex {
 public:
  /// Room for that many names; add() no more.
  explicit NameIndex(std::size_t names) : slots_(std::bit_ceil(names * 2 + 2), kFree) {}

  /// Enters `number` as `name`. Where the name is there already, nothing changes and the number
  /// that it has is returned. `has_name(number, name)` tells of any number entered before whether
  /// that is its name.
  template <typename HasName>
  std::optional<std::uint32_t> add(std::string_view name, std::uint32_t number, HasName has_name) {
    std::uint32_t& slot = slots_[place(name, has_name)];
    if (slot != kFree) return slot;
    slot = number;
    return std::nullopt;
  }

  template <typename HasName>
  std::optional<std::uint32_t> find(std::string_view name, HasName has_name) const {
    const std::uint32_t number = slots_[place(name, has_name)];
    if (number == kFree) return std::nullopt;
    return number;
  }

 private:
  static constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();

  template <typename HasName>
  std::size_t place(std::string_view name, HasName has_name) const {
    const std::size_t mask = slots_.size() - 1;  // half of the slots are free: the walk ends
    std::size_t at = std::hash<std::string_view>{}(name)&mask;
    while (slots_[at] != kFree && !has_name(slots_[at], name)) at = (at + 1) & mask;
    return at;
  }

  std::vector<std::uint32_t> slots_;
};

}  // namespace lbx::pop3d
