// SPDX-License-Identifier: MIT
#include "queue/received.h"

#include "core/message/date.h"

namespace lbx::queue {

std::string invoker_of(const KnownUsers& users, uid_t uid) {
  if (users.alias == uid) return "by alias";
  if (users.network.contains(uid)) return "from network";
  return "by uid " + std::to_string(uid);
}

std::string received_line(std::string_view invoker, pid_t pid, std::int64_t now) {
  std::string line = "Received: (qmail " + std::to_string(pid) + " invoked ";
  line += invoker;
  line += "); " + format_rfc822(now) + '\n';
  return line;
}

}  // namespace lbx::queue
