// SPDX-License-Identifier: MIT
// When a recipient that waits is tried again, and when for the last time (CONTRACT 1.8): pure
// arithmetic on seconds since 1970. A clock that was set back makes nothing younger than new.
#pragma once

#include <cstdint>
#include <string>

namespace lbx::queue {

struct RetrySchedule {
  std::int64_t local_step{10};   // c of the local channel
  std::int64_t remote_step{20};  // c of the remote one
  std::int64_t lifetime{604800};
};

/// birth + (isqrt(age) + step)^2: gaps that grow with the age of a message. Always later than
/// `now`.
std::int64_t next_attempt(std::int64_t born, std::int64_t now, std::int64_t step);

/// An attempt that begins at `now` is the last one.
bool is_last_attempt(std::int64_t born, std::int64_t now, std::int64_t lifetime);

}  // namespace lbx::queue
