// SPDX-License-Identifier: MIT
// A process that has become a user and carries out orders for that user's mail, several at once on
// a few threads. It ends when the other side of the socket has closed and what was begun is done.
#pragma once

#include <string>

#include "core/base/system.h"
#include "core/wire/datagram.h"
#include "deliver/order.h"
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
  void handle(const wire::Datagram& datagram);
  Answer carry_out(UserOrder order, int message);
  Answer deliver_local(const UserOrder& order, Settings settings, int message);
  Answer deliver_and_tell(const UserOrder& order, Settings& settings, int message) const;
  Answer settle();

  System& system_;
  Settings settings_;
  std::string default_delivery_;
  int socket_;
  unsigned max_threads_;
  Unsettled unsettled_;
};

}  // namespace lbx::deliver
