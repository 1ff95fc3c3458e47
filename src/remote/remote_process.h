// SPDX-License-Identifier: MIT
// The process that sends mail to other hosts, by a program with qmail-remote's interface (CONTRACT
// 1.11, 1.12): the one that QMAILREMOTE names, which gets one recipient at a time, as qmail-rspawn
// would have it; else bin/qmail-remote of the mail home, which gets all recipients of an order. It
// promises:
//   - one answer for each recipient of an order, whatever becomes of the program;
//   - no program runs for longer than the limit, or than we do;
//   - nothing is done as root.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "core/base/system.h"
#include "core/control/control_directory.h"
#include "core/wire/datagram.h"
#include "core/wire/order.h"
#include "core/wire/remote_order.h"

namespace lbx::remote {

struct RemoteLimits {
  unsigned at_once{20};             // orders; others wait in the socket
  std::chrono::seconds time{7200};  // for a run of the program
};

Result<RemoteLimits> read_limits(const control::ControlDirectory& control);

class RemoteProcess {
 public:
  /// `system`: its files must be fit for several threads. `socket`: where orders come from.
  RemoteProcess(System& system, RemoteLimits limits, int socket);

  /// Until the other side has closed and what was begun is done. An error where we are root.
  Result<void> run();

 private:
  void handle(const wire::Datagram& datagram) const;
  void send(const wire::RemoteOrder& order, std::span<const wire::RemoteRecipient> recipients,
            int message) const;
  std::vector<wire::Answer> try_to_send(const wire::RemoteOrder& order,
                                        std::span<const wire::RemoteRecipient> recipients,
                                        int message) const;

  System& system_;
  RemoteLimits limits_;
  int socket_;
  std::string program_;
  bool one_at_a_time_;
};

}  // namespace lbx::remote
