// SPDX-License-Identifier: MIT
#include "core/control/settings.h"

#include <array>

namespace lbx::control {

std::span<const Setting> all() {
  static constexpr auto kAll = std::to_array<Setting>({
      &kDefaultDelivery,
      &kDeliveryHook,
      &kMboxLocks,
      &kMboxLockTimeout,
      &kMe,
      &kProgramMemory,
      &kProgramOutput,
      &kProgramProcesses,
      &kProgramTimeout,
      &kSrsDomain,
      &kSrsMaxAge,
      &kSrsSecrets,
  });
  return kAll;
}

}  // namespace lbx::control
