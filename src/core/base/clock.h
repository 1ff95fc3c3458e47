// SPDX-License-Identifier: MIT
// Time, handed in: nothing below main() asks the kernel for it, so tests can hold it still.
#pragma once

#include <compare>
#include <cstdint>

namespace lbx {

/// Wall-clock time. `micros` is 0..999999.
struct Instant {
  std::int64_t seconds{0};  // since 1970-01-01 00:00:00 UTC
  std::int32_t micros{0};
  auto operator<=>(const Instant&) const = default;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() override;
};

/// Seconds of the monotonic clock, the same for all processes of a machine: for deadlines that they
/// tell each other.
std::int64_t monotonic_seconds();

}  // namespace lbx
