// SPDX-License-Identifier: MIT
// The process that becomes users. It gets orders through a door, finds out who delivers for the
// address, and passes them on to a process of that user, which it forks when there is none and
// keeps for a while. It parses nothing of a message. It promises:
//   - nobody delivers as root, and in single-user mode nobody but ourselves;
//   - one answer for each order, within its time limit, whatever becomes of the user's process;
//   - a user whose deliveries take long holds up nobody else.
// One thread, so that forking is safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/epoll.h"
#include "core/users/resolver.h"
#include "core/wire/datagram.h"
#include "deliver/order.h"
#include "deliver/resolution_cache.h"
#include "deliver/route.h"

namespace lbx::deliver {

/// Routes are numbered from here, orders below.
inline constexpr std::uint64_t kFirstRoute = std::uint64_t{1} << 62U;

struct SpawnerLimits {
  std::size_t children{100};         // processes of users
  std::size_t orders{4000};          // in all
  std::size_t orders_per_user{400};  // beyond: later
  std::size_t sent_per_user{64};     // given to the user's process at once
  std::chrono::seconds linger{10};   // how long an idle process of a user stays
  std::chrono::seconds age{60};      // how long it gets new orders at all
  std::chrono::seconds resolution_age{5};
  std::chrono::seconds verdict_time{60};
  /// spec/scale.md rule 14: a file server that fails over may take minutes. After it the client is
  /// told to come again, and the delivery goes on.
  std::chrono::seconds delivery_time{330};
  /// The queue waits longer: until then whatever can be said of a delivery is its end.
  std::chrono::seconds local_time{std::chrono::hours{24}};
};

/// What a user's process does once it has become the user, with the socket for its orders.
using UserMain = std::function<void(int socket)>;

class Spawner {
 public:
  /// Everything handed in must outlive it. `only`: the one user that we can be, where we are not
  /// root.
  Spawner(users::Resolver& resolver, const SpawnerLimits& limits, std::optional<uid_t> only,
          UserMain user_main);
  ~Spawner();

  /// Signals that come by `signals`, which catch_signals() gave, are passed on to the process `to`
  /// (open_process): that one ends first. Before serve().
  void pass_on(UniqueFd signals, UniqueFd to);

  /// Calls `readable` whenever `fd`, which stays the caller's, is. Before serve().
  void also_watch(int fd, std::function<void()> readable);

  /// The door's other side hears of users' processes, and may give them orders itself (route.h).
  /// Before serve().
  void introduce_users() { introduces_ = true; }

  /// Serves until the door's other side has closed. `door` must not be a standard descriptor.
  Result<void> serve(UniqueFd door);

 private:
  using User = std::pair<uid_t, gid_t>;
  struct Pending {
    User user;
    UserOrder order;
    UniqueFd message;
  };
  struct UserChild {
    User user;
    UniqueFd socket;
    std::size_t sent{0};    // orders that it has not answered
    bool unsettled{false};  // it has delivered what a Settle is to make durable
    std::deque<Pending> backlog;
    std::int64_t born{0};
    std::int64_t used{0};
    bool retiring{false};    // gets no new orders
    bool introduced{false};  // to the front
  };
  struct Asked {
    Order::Kind kind;
    std::string to;
    std::string from;
    User user;  // {0, 0} before it is known
    std::int64_t expires;
    std::uint64_t child{0};  // the process that has it; 0: none yet
  };
  struct Other {
    int fd;
    std::function<void()> readable;
  };
  /// A route that the user's process has not taken yet.
  struct Offered {
    Introduction introduction;
    UniqueFd front;
  };

  void take_event(std::uint64_t id);
  void take_orders();
  void take_order(wire::Datagram datagram);
  std::chrono::seconds time_for(Order::Kind kind) const;
  std::optional<Answer> refusal(Order::Kind kind, const users::Resolution& resolution) const;
  void settle(std::uint64_t number, std::uint64_t id);
  void introduce(const Order& order, ResolutionCache::Entry& remembered);
  void offer_answered(std::uint64_t id, const wire::NumberedAnswer& said);
  void dispatch(Pending pending);
  UserChild* child_of(const User& user);
  bool make_room();
  Result<UserChild*> fork_child(const User& user);
  [[noreturn]] void be_child(const User& user, int socket) const;
  void send(std::uint64_t id, UserChild& child, Pending pending);
  void take_answers(std::uint64_t id);
  void child_is_free(std::uint64_t id);
  void dispatch_waiting();
  void child_gone(std::uint64_t id);
  void answer(std::uint64_t number, const Answer& answer);
  void look_at_the_clock();
  int next_timeout() const;

  SpawnerLimits limits_;
  std::optional<uid_t> only_;
  UserMain user_main_;
  ResolutionCache resolutions_;

  UniqueFd signals_;
  UniqueFd signals_to_;
  std::vector<Other> others_;
  UniqueFd door_;
  Epoll epoll_;
  bool serving_{false};
  bool introduces_{false};
  std::int64_t now_{0};
  std::uint64_t next_child_{1};  // 0 is the door
  std::map<std::uint64_t, UserChild> children_;
  std::uint64_t next_route_{kFirstRoute};
  std::map<std::uint64_t, Offered> offered_;
  std::map<User, std::uint64_t> by_user_;  // the one that gets new orders
  std::deque<Pending> waiting_;            // for a process, where there are too many
  std::unordered_map<std::uint64_t, Asked> asked_;
  std::map<User, std::size_t> orders_of_;
};

}  // namespace lbx::deliver
