// SPDX-License-Identifier: MIT
// Hands COUNT messages, each the contents of FILE, to the door of a queue over persistent
// connections, as smtpd does, and prints how many a second were taken. Exits 1 if one was not.
// usage: queue_load SOCKET CONNECTIONS COUNT FILE RECIPIENT
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/wire/queue_door.h"

namespace {

struct Load {
  std::string socket;
  int connections;
  int count;
  std::string message;
  std::string recipient;
};

lbx::UniqueFd sealed(const std::string& message) {
  lbx::UniqueFd fd{::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (::write(fd.get(), message.data(), message.size()) != static_cast<ssize_t>(message.size())) {
    std::exit(1);
  }
  ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
  return fd;
}

/// One connection's share of the messages.
void submit_all(const Load& load, std::atomic<int>& next, std::atomic<int>& failed) {
  lbx::Result<lbx::wire::QueueDoor> door = lbx::wire::QueueDoor::connect(load.socket);
  const lbx::wire::DoorEnvelope envelope{
      "sender@example.net", "", "", false, {{load.recipient, "", ""}}};
  while (next.fetch_add(1) < load.count) {
    if (!door || !door->submit(envelope, sealed(load.message))) ++failed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  std::ifstream file{argv[4], std::ios::binary};
  const Load load{argv[1], std::atoi(argv[2]), std::atoi(argv[3]),
                  std::string{std::istreambuf_iterator<char>{file}, {}}, argv[5]};
  std::atomic<int> next{0};
  std::atomic<int> failed{0};
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < load.connections; ++i) {
    threads.emplace_back([&] { submit_all(load, next, failed); });
  }
  for (std::thread& each : threads) each.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.0f\n", load.count / took.count());
  return failed == 0 ? 0 : 1;
}
