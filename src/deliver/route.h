// SPDX-License-Identifier: MIT
// Deliveries that go from the front straight to the process of a user. Who delivers for an address
// the spawner has found out; for some seconds it lets the front hand further messages for that
// address to that process without its help, which saves two wake-ups of a process each. It takes:
//
// From the spawner to the user's process: a RouteOffer, the first one with one end of a socket
// pair, answered like an order. From the spawner to the front: an Introduction, the first one with
// the other end; a later one may say that the process is to end. From the front to the user's
// process, by that socket: RoutedOrders, answered there.
//
// A front can name the routes that the spawner has offered to this very process, and nothing else:
// that is what it could order anyway.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/dotqmail/environment.h"

namespace lbx::deliver {

/// For how long the user's process takes orders for a route: longer than anybody gives them.
inline constexpr std::int64_t kRouteSeconds = 30;
/// Routes that a user's process, or a front, knows at most.
inline constexpr std::size_t kMaxRoutes = 10'000;
/// What a front has given to one process straight, and has no answer to; others go by the spawner.
inline constexpr std::size_t kMaxRoutedAtOnce = 64;

struct RouteOffer {
  std::uint64_t number{0};    // of the route, and for the answer
  dotqmail::Request request;  // without sender and default delivery
};
std::string encode(const RouteOffer& offer);
/// Nothing: it is something else.
std::optional<RouteOffer> decode_route_offer(std::string_view bytes);

struct Introduction {
  std::uint64_t child{0};  // which process
  std::uint64_t route{0};  // 0: the process is to end, its routes lead nowhere
  std::uint64_t seconds{0};
  uid_t uid{0};
  std::string address;  // as address_of() has it
};
std::string encode(const Introduction& introduction);
std::optional<Introduction> decode_introduction(std::string_view bytes);

struct RoutedOrder {
  std::uint64_t number{0};
  std::uint64_t route{0};
  std::int64_t expires{0};  // as in UserOrder, as are the rest
  std::uint64_t size{0};
  std::string sender;
  std::string attempt;
  std::string dsn;
};
std::string encode(const RoutedOrder& order);
Result<RoutedOrder> decode_routed_order(std::string_view bytes);

}  // namespace lbx::deliver
