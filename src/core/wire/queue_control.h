// SPDX-License-Identifier: MIT
// What an administrator tells the queue through its door, as datagrams (queue_door.h):
//
//   'C' CHANGE [SPACE TEXT] NUL { ID NUL }   of recipients -> 'K' COUNT: so many were changed
//   'S'                                      -> 'S' { NAME=VALUE NEWLINE }
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace lbx::wire {

/// Octets of the name of a change, and of its text, at most.
inline constexpr std::size_t kMaxChangeName = 20;
inline constexpr std::size_t kMaxChangeText = 1000;

struct ChangeRequest {
  std::string change;  // "retry", "hold", "release", "delete" or "fail"
  std::string text{};  // of "fail": why
  std::vector<std::int64_t> recipients;
  bool operator==(const ChangeRequest&) const = default;
};

/// The datagrams of a change, each of kMaxDatagram octets at most. What the text has beyond
/// kMaxChangeText is cut off, control characters become blanks.
std::vector<std::string> encode_change(std::string_view change, std::string_view text,
                                       std::span<const std::int64_t> recipients);
/// Never: this is none.
Result<ChangeRequest> read_change(std::string_view datagram);

struct Counter {
  std::string name;
  std::int64_t value;
  bool operator==(const Counter&) const = default;
};
/// The answer to 'S'. Lines that are no counters are passed over: newer versions may say more.
std::vector<Counter> read_counters(std::string_view datagram);

}  // namespace lbx::wire
