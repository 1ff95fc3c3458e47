// SPDX-License-Identifier: MIT
#include "core/wire/datagram_workers.h"

#include <system_error>

namespace lbx::wire {

void DatagramWorkers::run() {
  work();
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
    threads.swap(threads_);
  }
}  // joined here

void DatagramWorkers::work() {
  for (;;) {
    ++idle_;
    Result<Datagram> got = receive_datagram(socket_, Wait::Yes);
    const bool last_idle = --idle_ == 0;
    if (!got || got->bytes.empty()) return;
    if (last_idle) start_another();
    handle_(*got);
  }
}

void DatagramWorkers::start_another() {
  const std::lock_guard lock{mutex_};
  if (ending_ || threads_.size() + 1 >= max_threads_) return;
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // No more threads for this user: those that there are go on.
  }
}

}  // namespace lbx::wire
