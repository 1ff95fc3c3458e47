// SPDX-License-Identifier: MIT
// A process that has become a user and carries out orders for that user's mail, several at once on
// a few threads. Each thread takes an order from the socket by itself, does it and answers; a
// further thread is started when all are at work. It ends when the other side of the socket has
// closed and what was begun is done.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/system.h"
#include "core/wire/datagram.h"
#include "deliver/order.h"
#include "deliver/settings.h"

namespace lbx::deliver {

class UserProcess {
 public:
  /// `system`: its files must be fit for several threads. `settings` and `default_delivery` count
  /// for every order.
  UserProcess(System& system, Settings settings, std::string default_delivery, int socket,
              unsigned max_threads);

  void run();

 private:
  void work();
  void start_another();
  void handle(const wire::Datagram& datagram);
  Answer carry_out(UserOrder order, int message) const;

  System& system_;
  Settings settings_;
  std::string default_delivery_;
  int socket_;
  unsigned max_threads_;
  std::atomic<unsigned> idle_{0};
  std::mutex mutex_;
  std::vector<std::jthread> threads_;
  bool ending_{false};
};

}  // namespace lbx::deliver
