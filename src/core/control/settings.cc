// SPDX-License-Identifier: MIT
#include "core/control/settings.h"

#include <array>

namespace lbx::control {

std::span<const Setting> all() {
  static constexpr auto kAll = std::to_array<Setting>({
      &kAuthClients,
      &kAuthDelay,
      &kAuthSources,
      &kAuthThreads,
      &kAuthTimeout,
      &kDefaultDelivery,
      &kMe,
      &kPlaintextLogin,
      &kTokenProgram,
  });
  return kAll;
}

}  // namespace lbx::control
