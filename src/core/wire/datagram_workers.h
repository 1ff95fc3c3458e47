// SPDX-License-Identifier: MIT
// Datagrams from one socket, worked off by a few threads: each takes one by itself and handles it;
// a further thread is started when all are at work.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/wire/datagram.h"

namespace lbx::wire {

class DatagramWorkers {
 public:
  using Handle = std::function<void(Datagram&)>;

  /// `handle` is called from several threads at once.
  DatagramWorkers(int socket, unsigned max_threads, Handle handle)
      : socket_{socket}, max_threads_{max_threads}, handle_{std::move(handle)} {}

  /// Until the other side of the socket has closed and what was begun is done.
  void run();

 private:
  void work();
  void start_another();

  int socket_;
  unsigned max_threads_;
  Handle handle_;
  std::atomic<unsigned> idle_{0};
  std::mutex mutex_;
  std::vector<std::jthread> threads_;
  bool ending_{false};
};

}  // namespace lbx::wire
