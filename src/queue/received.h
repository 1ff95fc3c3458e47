// SPDX-License-Identifier: MIT
// The line that the queue puts in front of each message (CONTRACT 1.6): who brought it, as the
// kernel knows them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace lbx::queue {

/// Users whose mail has words of its own.
struct KnownUsers {
  std::optional<uid_t> alias;
  std::set<uid_t> network;  // they speak for others
};

/// "by alias", "from network", "by uid 1000".
std::string invoker_of(const KnownUsers& users, uid_t uid);
/// The queue's own messages.
inline constexpr std::string_view kForBounce = "for bounce";

/// "Received: (qmail 77 invoked by uid 1000); 21 Nov 2026 22:00:00 -0000" and a newline.
std::string received_line(std::string_view invoker, pid_t pid, std::int64_t now);

}  // namespace lbx::queue
