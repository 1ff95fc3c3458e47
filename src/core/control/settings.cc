// SPDX-License-Identifier: MIT
#include "core/control/settings.h"

#include <array>

namespace lbx::control {

std::span<const Setting> all() {
  static constexpr auto kAll = std::to_array<Setting>({
      &kBareLineFeed,     &kDataBytes,      &kDefaultDelivery, &kDelimiters,     &kDeliverLinger,
      &kDeliverProcesses, &kDeliverThreads, &kDeliverTime,     &kEnvNoAtHost,    &kLmtpFrontUser,
      &kLmtpNetworks,     &kLmtpRecipients, &kLmtpUsers,       &kLocals,         &kMe,
      &kPercentHack,      &kTimeoutLmtpd,   &kVerdictSeconds,  &kVirtualDomains,
  });
  return kAll;
}

}  // namespace lbx::control
