// SPDX-License-Identifier: MIT
// The queue in numbers: what lies in it, and what letterbox-queued has counted since its start.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/wire/queue_control.h"
#include "queue/store/message.h"

namespace lbx::admin {

/// Destinations that are counted one by one; what comes after them is counted together.
inline constexpr std::size_t kMaxDestinations = 10'000;

/// Messages are counted by age: up to so many seconds each, and what is older.
inline constexpr std::array<std::int64_t, 5> kAges{300, 3'600, 21'600, 86'400, 259'200};

struct DestinationStats {
  std::string destination;
  queue::Channel channel{queue::Channel::Local};
  std::uint64_t recipients{0};  // that are not done
  std::uint64_t deferred{0};    // of these, that wait though they have been tried
  std::int64_t oldest{0};       // birth of the oldest message for it
};

class QueueStats {
 public:
  explicit QueueStats(std::int64_t now) : now_{now} {}
  void add(const queue::Message& message);

  std::uint64_t messages() const { return messages_; }
  std::uint64_t octets() const { return octets_; }
  /// Seconds; 0: there is no message.
  std::int64_t oldest_age() const;
  /// Messages by age, as kAges has it; the last number is of what is older.
  const std::array<std::uint64_t, kAges.size() + 1>& ages() const { return ages_; }
  /// Of one channel: those that wait though they have been tried.
  std::uint64_t deferred(queue::Channel channel) const;
  /// Of one channel; Done is not counted.
  std::uint64_t recipients(queue::Channel channel, queue::State state) const;
  /// Waiting, and to be tried now.
  std::uint64_t due() const { return due_; }
  /// The `limit` with the most recipients, those first.
  std::vector<DestinationStats> top(std::size_t limit) const;

 private:
  using Key = std::pair<queue::Channel, std::string>;

  std::int64_t now_;
  std::uint64_t messages_{0};
  std::uint64_t octets_{0};
  std::int64_t oldest_{0};
  std::uint64_t due_{0};
  std::array<std::uint64_t, kAges.size() + 1> ages_{};
  std::map<std::pair<queue::Channel, queue::State>, std::uint64_t> states_;
  std::map<queue::Channel, std::uint64_t> deferred_;
  std::map<Key, DestinationStats> destinations_;
};

/// What letterbox-queued has counted; nothing where none runs.
using Counters = std::optional<std::vector<wire::Counter>>;

std::string stats_text(const QueueStats& stats, const Counters& counters, std::size_t top,
                       std::int64_t now);
std::string stats_json(const QueueStats& stats, const Counters& counters, std::size_t top,
                       std::int64_t now);
/// The text format of Prometheus, version 0.0.4.
std::string stats_prometheus(const QueueStats& stats, const Counters& counters, std::size_t top,
                             std::int64_t now);

}  // namespace lbx::admin
