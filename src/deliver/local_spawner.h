// SPDX-License-Identifier: MIT
// Deliveries for a qmail-send, each in a process of its own that has become the user. It promises:
//   - one report for each command, whatever becomes of the delivery, and nothing else;
//   - nobody delivers as root, and without being root nobody but ourselves;
//   - a message is a regular file of the queue's owner below the given directory, nothing else;
//   - neither a slow delivery nor what one leaves running holds up another.
// Users are looked up in the delivery's process: name services may be slow. One thread.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "core/base/system.h"
#include "core/base/unique_fd.h"
#include "core/users/resolver.h"
#include "deliver/plan.h"
#include "deliver/spawn_protocol.h"

namespace lbx::deliver {

struct LocalSpawnerOptions {
  int commands;                  // descriptor to read from
  int reports;                   // descriptor to write to
  int messages;                  // directory of the queued messages
  uid_t queue_owner;             // whose they must be
  std::string default_delivery;  // for who has no .qmail file
};

class LocalSpawner {
 public:
  /// `system` and `resolver` must outlive it.
  LocalSpawner(System& system, users::Resolver& resolver, LocalSpawnerOptions options);

  /// Serves until the commands end and every delivery has been reported. An error means that nobody
  /// takes reports any more.
  Result<void> serve();

 private:
  struct Delivery {
    pid_t pid;
    UniqueFd ended;
    UniqueFd output;
    std::string text;
  };

  Result<void> wait_for_events(bool& commands_ready);
  void read_commands();
  void take(const SpawnCommand& command);
  Result<std::string> start(const SpawnCommand& command);
  Result<UniqueFd> open_message(const std::string& name) const;
  [[noreturn]] void be_delivery(const SpawnCommand& command, int message, int output);
  int run_delivery(const SpawnCommand& command, int message, int output);
  int run_other(const std::string& program, const Request& request) const;
  void read_output(Delivery& delivery) const;
  void finish(unsigned char slot, Delivery delivery);
  void report(unsigned char slot, std::string_view text);

  System& system_;
  users::Resolver& resolver_;
  LocalSpawnerOptions options_;
  SpawnReader reader_;
  std::map<unsigned char, Delivery> running_;
  bool reading_{true};
  Result<void> written_;
};

}  // namespace lbx::deliver
