// SPDX-License-Identifier: MIT
// Random bits, handed in like time.
#pragma once

#include <cstdint>

namespace lbx {

class Randomness {
 public:
  virtual ~Randomness() = default;
  /// 64 bits that no other process can guess or repeat.
  virtual std::uint64_t bits64() = 0;
};

/// From libuuid, which takes them from the kernel.
class SystemRandomness final : public Randomness {
 public:
  std::uint64_t bits64() override;
};

}  // namespace lbx
