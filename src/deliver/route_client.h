// SPDX-License-Identifier: MIT
// The front's side of route.h: deliveries that go straight to the processes of users which the
// spawner has introduced. It promises:
//   - one answer for each order that it takes, "later" after the time limit of a delivery or where
//     the process has ended;
//   - a process answers for what was given to it, and for nothing else;
//   - a process that is to end is let go once it has answered what it has.
// Everything happens in one thread, within what is called and what is watched.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "core/base/timer.h"
#include "deliver/order.h"
#include "deliver/route.h"

namespace lbx::deliver {

class RouteClient {
 public:
  using Answered = Postmaster::Answered;
  /// Calls `readable` whenever the descriptor is, until that says false.
  using Watch = std::function<void(int fd, std::function<bool()> readable)>;

  /// It must outlive what it gives to `watch`.
  static Result<std::unique_ptr<RouteClient>> open(Watch watch, std::chrono::seconds delivery_time);
  RouteClient(const RouteClient&) = delete;
  RouteClient& operator=(const RouteClient&) = delete;

  /// `socket`: none where the process is known already.
  void take(const Introduction& introduction, UniqueFd socket);

  /// Takes an order to deliver, numbered like no other, and what is to be called with the answer.
  /// False: there is no way, and nothing has been taken.
  bool send(std::uint64_t number, const Order& order, int message, Answered& answered);

  /// Orders that it has taken and has no answer to.
  std::size_t under_way() const { return under_way_.size(); }
  /// Nobody waits for the processes any longer.
  void answer_all(const Answer& answer);

 private:
  struct UnderWay {
    std::string to;
    std::string from;
    uid_t uid;
    std::int64_t expires;
    Answered answered;
  };
  /// To a user's process.
  struct Channel {
    UniqueFd socket;
    std::set<std::uint64_t> under_way{};  // those too that were answered because they were late
    bool ending{false};
  };
  struct Route {
    std::uint64_t child;
    std::uint64_t number;
    uid_t uid;
    std::int64_t until;
  };

  RouteClient(Watch watch, std::chrono::seconds delivery_time, Timer tick)
      : watch_{std::move(watch)}, delivery_time_{delivery_time}, tick_{std::move(tick)} {}
  void open_channel(std::uint64_t child, UniqueFd socket);
  bool take_from(std::uint64_t child);
  void end_of_routes(std::uint64_t child);
  void close_if_done(std::uint64_t child);
  void channel_gone(std::uint64_t child);
  void look_at_the_clock();
  void answer(std::uint64_t number, const Answer& answer);

  Watch watch_;
  std::chrono::seconds delivery_time_;
  Timer tick_;
  bool ticking_{false};
  std::map<std::uint64_t, std::shared_ptr<Channel>> channels_;  // by the process's number
  std::unordered_map<std::string, Route> routes_;               // by address
  std::unordered_map<std::uint64_t, UnderWay> under_way_;
};

}  // namespace lbx::deliver
