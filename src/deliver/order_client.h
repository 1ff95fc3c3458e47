// SPDX-License-Identifier: MIT
// The postmaster as a front has it: orders go through a door to the process that becomes users,
// answers come back. Verdicts are kept for a few seconds. It promises:
//   - one answer for each order, "later" where the other side has gone;
//   - no more than kMaxOrdersSent orders are under way; others wait here.
// Everything happens in one thread, within ask() and take_answers().
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "core/base/clock.h"
#include "deliver/order.h"

namespace lbx::deliver {

inline constexpr std::size_t kMaxOrdersSent = 2000;
inline constexpr std::size_t kMaxCachedVerdicts = 10'000;

/// Verdicts by address. A yes for a message of some size holds for smaller ones too, anything else
/// for larger ones.
class VerdictCache {
 public:
  VerdictCache(Clock& clock, std::chrono::seconds age) : clock_{clock}, age_{age} {}
  const Answer* find(const Order& order);
  void keep(const Order& order, const Answer& answer);

 private:
  struct Entry {
    Answer answer;
    std::uint64_t size;
    std::int64_t since;  // seconds
  };
  static std::string key(const Order& order) { return order.local + '@' + order.domain; }

  Clock& clock_;
  std::chrono::seconds age_;
  std::unordered_map<std::string, Entry> entries_;
};

class OrderClient final : public Postmaster {
 public:
  OrderClient(UniqueFd door, Clock& clock, std::chrono::seconds verdict_age)
      : door_{std::move(door)}, verdicts_{clock, verdict_age} {}

  void ask(const Order& order, std::shared_ptr<const UniqueFd> message, Answered answered) override;

  /// Readable when take_answers() has something to do.
  int descriptor() const { return door_.get(); }
  void take_answers();
  /// The other side has gone; every order is answered with "later".
  bool lost() const { return lost_; }

 private:
  struct UnderWay {
    Order order;
    Answered answered;
  };
  struct Queued {
    std::uint64_t number;
    std::string bytes;
    std::shared_ptr<const UniqueFd> message;
  };
  void send_queued();
  void answer(std::uint64_t number, const Answer& answer);
  void lose();

  UniqueFd door_;
  VerdictCache verdicts_;
  std::uint64_t next_{1};
  std::unordered_map<std::uint64_t, UnderWay> under_way_;  // those queued too
  std::deque<Queued> queue_;
  bool lost_{false};
};

}  // namespace lbx::deliver
