// SPDX-License-Identifier: MIT
// The postmaster as a front has it: orders go through a door to the process that becomes users,
// answers come back. Verdicts are kept for a few seconds. It promises:
//   - one answer for each order, "later" where the other side has gone;
//   - no more than kMaxOrdersSent orders are under way; others wait here.
// Where the other side introduces users' processes (route.h), orders to deliver go to them
// straight; then the time limit of a delivery is kept here. Everything happens in one thread,
// within ask(), take_answers() and what is watched.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/timer.h"
#include "deliver/order.h"
#include "deliver/route.h"

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

  /// Takes introductions. `watch`: calls what it gets whenever the descriptor is readable, until
  /// that says false.
  using Watch = std::function<void(int fd, std::function<bool()> readable)>;
  Result<void> use_routes(Watch watch, std::chrono::seconds delivery_time);

  /// Readable when take_answers() has something to do.
  int descriptor() const { return door_.get(); }
  void take_answers();
  /// The other side has gone; every order is answered with "later".
  bool lost() const { return lost_; }

 private:
  struct UnderWay {
    Order order;
    Answered answered;
    std::uint64_t child{0};  // of a channel; 0: by the door
    std::int64_t expires{0};
    uid_t uid{0};
  };
  /// To a user's process.
  struct Channel {
    UniqueFd socket;
    std::set<std::uint64_t> under_way{};
    bool ending{false};
  };
  struct Route {
    std::uint64_t child;
    std::uint64_t number;
    uid_t uid;
    std::int64_t until;
  };
  struct Queued {
    std::uint64_t number;
    std::string bytes;
    std::shared_ptr<const UniqueFd> message;
  };
  void send_queued();
  bool send_straight(const Order& order, const std::shared_ptr<const UniqueFd>& message,
                     Answered& answered);
  void take_introduction(const Introduction& introduction, UniqueFd socket);
  bool take_from(std::uint64_t child);
  void end_of_routes(std::uint64_t child);
  void close_if_done(std::uint64_t child);
  void channel_gone(std::uint64_t child);
  void look_at_the_clock();
  void answer(std::uint64_t number, const Answer& answer);
  void lose();

  UniqueFd door_;
  VerdictCache verdicts_;
  std::uint64_t next_{1};
  std::unordered_map<std::uint64_t, UnderWay> under_way_;  // those queued too
  std::deque<Queued> queue_;
  bool lost_{false};
  Watch watch_;
  std::chrono::seconds delivery_time_{0};
  std::optional<Timer> tick_;
  bool ticking_{false};
  std::map<std::uint64_t, std::shared_ptr<Channel>> channels_;  // by the process's number
  std::unordered_map<std::string, Route> routes_;               // by address
};

}  // namespace lbx::deliver
