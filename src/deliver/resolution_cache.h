// SPDX-License-Identifier: MIT
// Who delivers for an address, looked up and remembered for some seconds: mail for one comes in
// bursts. Errors are not remembered.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/users/resolver.h"
#include "deliver/order.h"

namespace lbx::deliver {

/// Addresses whose user is remembered.
inline constexpr std::size_t kMaxCachedResolutions = 2'000;

class ResolutionCache {
 public:
  struct Entry {
    users::Resolution resolution;
    std::int64_t since;           // seconds
    std::uint64_t offered_to{0};  // the process that has a route for the address; 0: none
  };

  /// `resolver` must outlive it.
  ResolutionCache(users::Resolver& resolver, std::chrono::seconds age)
      : resolver_{resolver}, age_{age} {}

  /// `now`: seconds of a clock that only goes forwards. The entry is there until the next call.
  Result<Entry*> find(const Order& order, std::int64_t now);

  /// For how many seconds from `now` on it will be remembered.
  std::int64_t seconds_left(const Entry& entry, std::int64_t now) const {
    return age_.count() - (now - entry.since);
  }

 private:
  users::Resolver& resolver_;
  std::chrono::seconds age_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace lbx::deliver
