// SPDX-License-Identifier: MIT
// Where a mail home has its queue (DESIGN section 5).
#pragma once

#include <string>

namespace lbx::queue {

/// The store's directory.
inline std::string store_of(const std::string& mail_home) {
  return mail_home + "/queue/store";
}
/// The door's socket.
inline std::string door_of(const std::string& mail_home) {
  return mail_home + "/run/queue.sock";
}

}  // namespace lbx::queue
