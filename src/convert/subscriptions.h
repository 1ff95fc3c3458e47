// SPDX-License-Identifier: MIT
// The folders that mail programs show: `subscriptions` (Dovecot) or `courierimapsubscribed`
// (Courier) of a Maildir. Names are added and never taken away; everything else that stands there
// stays as it is.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "convert/folder_state.h"
#include "core/base/system.h"
#include "core/maildir/folder_name.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

inline constexpr const char* kDovecotSubscriptions = "subscriptions";
inline constexpr const char* kCourierSubscriptions = "courierimapsubscribed";
/// Octets of such a file that are read.
inline constexpr std::size_t kMaxSubscriptions = std::size_t{4} * 1024 * 1024;

/// How the names of folders stand in the file.
enum class SubscriptionForm {
  Dovecot,  // "A.B"; in a file that begins with "V\t2", the levels are divided by tabs
  Courier,  // "INBOX.A.B"
};

const char* subscription_file(SubscriptionForm form);

/// `text` with those of `folders` that it does not have; the inbox is none.
std::string with_subscriptions(std::string_view text, SubscriptionForm form,
                               const std::set<FolderName>& folders);

/// The folders that `text` names.
std::set<FolderName> subscribed_folders(std::string_view text, SubscriptionForm form);

/// Adds `folders` to the file of the Maildir, under a lock, by one rename. Without any that it does
/// not have already, nothing is written.
Result<void> subscribe(System& system, LockOps& locks, int maildir, SubscriptionForm form,
                       const std::set<FolderName>& folders);

/// What an import has staged and the target does not have yet: in the form of `form`, and of the
/// other where there is such a file.
Result<void> subscribe_new_folders(System& system, LockOps& locks,
                                   const FolderKeeper::Staged& staged, SubscriptionForm form);

}  // namespace lbx::convert
