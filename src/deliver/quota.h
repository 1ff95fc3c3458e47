// SPDX-License-Identifier: MIT
// The quota of the Maildir that a delivery goes to: where its limit comes from, whose turn it is,
// and what is said when it is used up. The limit is that of the Maildir's own maildirsize; where
// there is none, that of the setting maildirquota.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/base/system.h"
#include "core/maildir/quota.h"
#include "deliver/report.h"
#include "deliver/settings.h"

namespace lbx::deliver {

/// How long a delivery waits for its turn at a quota.
inline constexpr std::chrono::seconds kQuotaLockTimeout{30};

/// The quota of `maildir`, which was opened as `path`, or of the Maildir around it where it is a
/// folder. Costs one failed open where there is neither maildirsize nor a setting.
Result<std::optional<MaildirQuota>> find_quota(System& system, const Settings& settings,
                                               int maildir, const std::string& path);

/// Waits for a lock at most kQuotaLockTimeout.
MaildirQuota::Locker quota_locker();

/// What the setting overquota makes of a message that has no room.
Report mailbox_full(const Settings& settings);

}  // namespace lbx::deliver
