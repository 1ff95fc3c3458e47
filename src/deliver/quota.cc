// SPDX-License-Identifier: MIT
#include "deliver/quota.h"

#include "core/control/settings.h"
#include "core/maildir/maildir.h"
#include "core/mbox/lock.h"

namespace lbx::deliver {
namespace {

Result<QuotaLimit> default_limit(const Settings& settings) {
  const std::string text = LBX_TRY(setting_of(settings, control::kMaildirQuota));
  Result<QuotaLimit> limit = QuotaLimit::parse(text);
  if (limit) return limit;
  return Error::later("control/" + std::string{control::kMaildirQuota.file} + ": " +
                      limit.error().what);
}

}  // namespace

Result<std::optional<MaildirQuota>> find_quota(System& system, const Settings& settings,
                                               int maildir, const std::string& path) {
  // A Maildir that merely begins with a dot has no mark, and its own quota (Maildir++).
  const bool folder =
      is_folder_name(last_part(path)) && system.files.stat_at(maildir, kFolderMark).has_value();
  return MaildirQuota::find(system, maildir, folder ? "../" : "",
                            [&settings] { return default_limit(settings); });
}

MaildirQuota::Locker quota_locker() {
  return [](int fd) {
    PosixLockOps locks;
    LockWait wait{locks, kQuotaLockTimeout};
    return lock_file(locks, fd, KernelLock::Fcntl, LockMode::Exclusive, wait);
  };
}

Report mailbox_full(const Settings& settings) {
  const Result<std::string_view> word = setting_of(settings, control::kOverQuota);
  if (!word) return bad_setting(word.error());
  if (*word == control::kOverQuota.words.front()) {
    return Report::later("The mailbox is full. (#4.2.2)");
  }
  return Report::never("The mailbox is full. (#5.2.2)");
}

}  // namespace lbx::deliver
