// SPDX-License-Identifier: MIT
// Verdicts by address, kept for some seconds. A yes for a message of some size holds for smaller
// ones too, anything else for larger ones.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/base/clock.h"
#include "deliver/order.h"

namespace lbx::deliver {

inline constexpr std::size_t kMaxCachedVerdicts = 10'000;

class VerdictCache {
 public:
  /// `clock` must outlive it. No age: nothing is kept.
  VerdictCache(Clock& clock, std::chrono::seconds age) : clock_{clock}, age_{age} {}

  /// Nothing where none is known; otherwise it stays until the next call.
  const Answer* find(const Order& order);
  void keep(const Order& order, const Answer& answer);

 private:
  struct Entry {
    Answer answer;
    std::uint64_t size;
    std::int64_t since;  // seconds
  };

  Clock& clock_;
  std::chrono::seconds age_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace lbx::deliver
