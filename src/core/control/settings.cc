// SPDX-License-Identifier: MIT
#include "core/control/settings.h"

#include <array>

namespace lbx::control {
namespace {

constexpr auto kAll = std::to_array<Setting>({
    &kAcceptLeast,      &kAuthClients,
    &kAuthDelay,        &kAuthSources,
    &kAuthThreads,      &kAuthTimeout,
    &kBareLineFeed,     &kBounceCopyTo,
    &kBounceFormat,     &kBounceFrom,
    &kBounceHost,       &kBounceMaxBytes,
    &kConcurrencyLocal, &kConcurrencyRemote,
    &kDataBytes,        &kDates,
    &kDefaultDelivery,  &kDefaultDomain,
    &kDefaultHost,      &kDelayWarning,
    &kDelimiters,       &kDeliverLinger,
    &kDeliverProcesses, &kDeliverThreads,
    &kDeliverTime,      &kDeliveryHook,
    &kDoubleBounceHost, &kDoubleBounceTo,
    &kEnvNoAtHost,      &kFolderDelivery,
    &kIdHost,           &kLmtpCertificates,
    &kLmtpDsn,          &kLmtpFrontUser,
    &kLmtpNetworks,     &kLmtpRecipients,
    &kLmtpUsers,        &kLocals,
    &kMaildirQuota,     &kMaildirSync,
    &kMailHomeGuard,    &kMboxLocks,
    &kMboxLockTimeout,  &kMe,
    &kOverQuota,        &kPercentHack,
    &kPlaintextLogin,   &kPlusDomain,
    &kPop3Expire,       &kPop3FrontUser,
    &kPop3Import,       &kPop3Lock,
    &kPop3LoginDelay,   &kPop3NeedTls,
    &kPop3Processes,    &kPop3ScanThreads,
    &kPop3Sessions,     &kPop3Sync,
    &kPop3TrustNames,   &kPop3UidlFormat,
    &kPop3Utf8,         &kProgramMemory,
    &kProgramOutput,    &kProgramProcesses,
    &kProgramTimeout,   &kProxyNetworks,
    &kQueueLifetime,    &kQueueUser,
    &kQuotaWarning,     &kQuotaWarningText,
    &kRemoteTime,       &kRemoteUser,
    &kRetryLocal,       &kRetryRemote,
    &kSrsDomain,        &kSrsMaxAge,
    &kSrsSecrets,       &kTimeoutLmtpd,
    &kTlsCertificates,  &kTlsClientCa,
    &kTokenProgram,     &kVerdictSeconds,
    &kVirtualDomains,   &kXclientNetworks,
});

}  // namespace

std::span<const Setting> all() {
  return kAll;
}

}  // namespace lbx::control
