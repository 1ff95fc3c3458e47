// SPDX-License-Identifier: MIT
// A process that has become a user and carries out orders for that user's mail, several at once on
// a few threads. It ends when the other side of the socket has closed, and that of the socket to
// the front (route.h) too, and what was begun is done.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "core/base/system.h"
#include "core/wire/datagram.h"
#include "deliver/order.h"
#include "deliver/route.h"
#include "deliver/settings.h"
#include "deliver/unsettled.h"

namespace lbx::deliver {

class UserProcess {
 public:
  /// `system`: its files must be fit for several threads. `settings` and `default_delivery` count
  /// for every order.
  UserProcess(System& system, Settings settings, std::string default_delivery, int socket,
              unsigned max_threads);

  void run();

 private:
  struct Route {
    dotqmail::Request request;
    std::int64_t until;
  };
  void handle(wire::Datagram& datagram);
  void serve(int front);
  void handle_routed(int socket, const wire::Datagram& datagram);
  bool take_offer(const RouteOffer& offer, UniqueFd front);
  std::optional<dotqmail::Request> request_of(std::uint64_t route);
  Answer carry_out(UserOrder order, int message);
  Answer deliver_local(const UserOrder& order, Settings settings, int message);
  Answer deliver_and_tell(const UserOrder& order, Settings& settings, int message) const;
  Answer settle();

  System& system_;
  Settings settings_;
  std::string default_delivery_;
  int socket_;
  unsigned max_threads_;
  std::counting_semaphore<> turns_;  // as many as threads, wherever orders come from
  std::mutex mutex_;
  std::map<std::uint64_t, Route> routes_;
  Unsettled unsettled_;
  std::vector<std::jthread> fronts_;  // last: they use all of it
};

}  // namespace lbx::deliver
