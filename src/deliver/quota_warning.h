// SPDX-License-Identifier: MIT
// The message that tells a user that his mailbox is nearly full: once, when a delivery takes it to
// the share that the setting quotawarning names, and again only after it was below. That it was
// sent is remembered by the file quotawarn in the Maildir, as Courier does; whoever makes that file
// sends the warning, so that of many deliveries only one does. A crash or a failure in between
// costs the warning.
#pragma once

#include <string>

#include "core/base/system.h"
#include "core/maildir/quota.h"
#include "deliver/plan.h"
#include "deliver/settings.h"

namespace lbx::deliver {

/// In our turn at `quota`, when a message has just been added to it: whether its user has to be
/// warned, by us. Out of turn, what `quota` knows may be old, and the file another's.
bool owes_quota_warning(System& system, const Settings& settings, int maildir,
                        const MaildirQuota& quota);

/// Out of turn: it is counted itself. Best effort: a message has been delivered, and nothing here
/// can change that.
void warn_about_quota(System& system, const Plan& plan, const Settings& settings, int maildir,
                      MaildirQuota& quota);

}  // namespace lbx::deliver
