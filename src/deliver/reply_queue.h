// SPDX-License-Identifier: MIT
// The replies of a session in the order of its commands, though some become known later than those
// behind them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/wire/smtp_command.h"

namespace lbx::deliver {

class ReplyQueue {
 public:
  /// A place for a reply that is not known yet; fill() takes its number, once.
  std::uint64_t reserve();
  void fill(std::uint64_t number, const wire::Reply& reply);
  /// Behind all others: lines with their ends.
  void add(std::string lines);

  /// Whether some reply is still to come.
  bool awaits() const { return !places_.empty(); }
  /// What may be said now.
  const std::string& ready() const { return ready_; }
  std::string take_ready();

 private:
  void put(std::uint64_t number, std::string lines);

  std::string ready_;
  std::deque<std::optional<std::string>> places_;
  std::uint64_t first_{0};  // the number of places_.front()
};

}  // namespace lbx::deliver
