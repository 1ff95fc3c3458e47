// SPDX-License-Identifier: MIT
// The postmaster as a front has it: orders go through a door to the process that becomes users, or
// straight to the processes of users that it has introduced (route_client.h); answers come back.
// Verdicts are kept for a few seconds. It promises:
//   - one answer for each order, "later" where the other side has gone;
//   - no more than kMaxOrdersSent orders are under way; others wait here.
// Everything happens in one thread, within ask(), take_answers() and what is watched.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/base/clock.h"
#include "deliver/order.h"
#include "deliver/route_client.h"
#include "deliver/verdict_cache.h"

namespace lbx::deliver {

inline constexpr std::size_t kMaxOrdersSent = 2000;

class OrderClient final : public Postmaster {
 public:
  OrderClient(UniqueFd door, Clock& clock, std::chrono::seconds verdict_age)
      : door_{std::move(door)}, verdicts_{clock, verdict_age} {}

  void ask(const Order& order, std::shared_ptr<const UniqueFd> message, Answered answered) override;

  /// Takes introductions from now on. What is watched must be no more when this one is not.
  Result<void> use_routes(RouteClient::Watch watch, std::chrono::seconds delivery_time);

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
  bool send_straight(const Order& order, const UniqueFd* message, Answered& answered);
  void send_queued();
  std::size_t in_all() const;
  void answer(std::uint64_t number, const Answer& answer);
  void lose();

  UniqueFd door_;
  VerdictCache verdicts_;
  std::uint64_t next_{1};
  std::unordered_map<std::uint64_t, UnderWay> under_way_;  // by the door; those queued too
  std::deque<Queued> queue_;
  std::unique_ptr<RouteClient> routes_;  // none: nobody watches for it
  bool lost_{false};
};

}  // namespace lbx::deliver
