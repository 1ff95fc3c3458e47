// SPDX-License-Identifier: MIT
// How qmail-send talks to the programs that start deliveries (CONTRACT 1.2): commands, each a slot,
// a message of the queue, a sender and a recipient; and reports, each a slot, one of K, Z and D
// (done, later, never), text and a NUL.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/process.h"

namespace lbx::deliver {

/// Deliveries at once (conf-spawn): what is announced to qmail-send.
inline constexpr unsigned kMaxSpawned = 120;
/// Octets of a text of a command at most; addresses in a queue have up to 1003.
inline constexpr std::size_t kMaxSpawnText = 8192;
/// Octets of the name of a message, below queue/mess.
inline constexpr std::size_t kMaxSpawnMessage = 99;
/// Octets of what a delivery says that are reported.
inline constexpr std::size_t kMaxSpawnReport = 3000;

struct SpawnCommand {
  unsigned char slot{0};
  std::string message;  // "SPLIT/ID"
  std::string sender;
  std::string recipient;
  bool too_long{false};  // a text had more than kMaxSpawnText octets, and was cut
  bool operator==(const SpawnCommand&) const = default;
};

/// Commands out of a stream, which may be cut anywhere.
class SpawnReader {
 public:
  void feed(std::string_view bytes, const std::function<void(const SpawnCommand&)>& take);

 private:
  void add(char octet);

  SpawnCommand command_;
  std::size_t part_{0};  // 0: the slot; then the three texts
};

/// The report on a command that need not even be tried, without its slot and NUL; empty: it may be.
std::string spawn_refusal(const SpawnCommand& command);

/// The report on a delivery that ended so, after it wrote `output`; without slot and NUL.
std::string local_report(const ExitStatus& status, std::string_view output);

/// A report as it goes to qmail-send. A NUL in `text` ends it.
std::string spawn_report(unsigned char slot, std::string_view text);

}  // namespace lbx::deliver
