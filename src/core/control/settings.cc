// SPDX-License-Identifier: MIT
#include "core/control/settings.h"

#include <array>

namespace lbx::control {

std::span<const Setting> all() {
  static constexpr auto kAll = std::to_array<Setting>({
      &kDefaultDelivery,
      &kMe,
      &kPop3Expire,
      &kPop3Import,
      &kPop3Lock,
      &kPop3LoginDelay,
      &kPop3ScanThreads,
      &kPop3Sync,
      &kPop3TrustNames,
      &kPop3UidlFormat,
      &kPop3Utf8,
  });
  return kAll;
}

}  // namespace lbx::control
