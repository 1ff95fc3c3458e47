// SPDX-License-Identifier: MIT
// The queue's three processes (DESIGN section 3): the first becomes users and parses nothing; the
// second, the queue's user, owns the store, the door and the schedule; the third, with a user of
// its own, hands mail to other hosts. If one of them ends, all do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/system.h"
#include "core/message/delivery_report.h"
#include "queue/log_lines.h"

namespace lbx {

struct QueueOptions {
  queue::LogFormat log_format{queue::LogFormat::Lines};
  int log{2};                                 // a descriptor
  ReportForm bounces{ReportForm::Multipart};  // where control/bounceformat does not say
  std::optional<std::string> default_delivery;
  /// Programs of deliveries get our whole environment, and mboxes are locked as qmail-local does it
  /// where control/mboxlocks does not say.
  bool as_qmail_local{false};
  /// Users that are tried where the settings queueuser and remoteuser name none that there is.
  std::optional<std::string> other_queue_user;
  std::optional<std::string> other_remote_user;
};

/// Until SIGTERM or SIGINT: 0; 111 where it cannot start or one of the processes has ended.
Result<int> run_queue(System& system, const QueueOptions& options);

}  // namespace lbx
