// SPDX-License-Identifier: MIT
// A System whose time stands still and whose randomness counts.
#pragma once

#include <cstdint>

#include "core/base/system.h"
#include "support/faulty_file_ops.h"

namespace lbx::testing_support {

class FrozenClock final : public Clock {
 public:
  Instant time{1'700'000'000, 123456};
  Instant now() override { return time; }
};

class CountingRandomness final : public Randomness {
 public:
  std::uint64_t next{1};
  std::uint64_t bits64() override { return next++; }
};

struct TestSystem {
  FaultyFileOps files;
  FrozenClock clock;
  CountingRandomness randomness;
  System system{files, clock, randomness, 4711, "host.example", {}};
};

}  // namespace lbx::testing_support
