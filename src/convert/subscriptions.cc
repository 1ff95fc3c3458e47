// SPDX-License-Identifier: MIT
#include "convert/subscriptions.h"

#include <algorithm>
#include <utility>

#include "convert/maildir_files.h"
#include "convert/server_file.h"
#include "convert/staged_lists.h"
#include "core/base/io.h"
#include "core/maildir/server_lines.h"

namespace lbx::convert {
namespace {

constexpr std::string_view kVersion2 = "V\t2";
constexpr std::string_view kInbox = "INBOX.";

bool divides_by_tabs(std::string_view text, SubscriptionForm form) {
  return form == SubscriptionForm::Dovecot && take_line(text) == kVersion2;
}

std::string name_of(const FolderName& folder, SubscriptionForm form, bool tabs) {
  std::string name = folder.directory().substr(1);
  if (tabs) std::ranges::replace(name, '.', '\t');
  return form == SubscriptionForm::Courier ? std::string{kInbox} + name : name;
}

}  // namespace

const char* subscription_file(SubscriptionForm form) {
  return form == SubscriptionForm::Dovecot ? kDovecotSubscriptions : kCourierSubscriptions;
}

std::set<FolderName> subscribed_folders(std::string_view text, SubscriptionForm form) {
  const bool tabs = divides_by_tabs(text, form);
  std::set<FolderName> folders;
  while (!text.empty()) {
    std::string name{take_line(text)};
    if (name == kVersion2) continue;
    if (form == SubscriptionForm::Courier) {
      if (!name.starts_with(kInbox)) continue;
      name.erase(0, kInbox.size());
    }
    if (tabs) std::ranges::replace(name, '\t', '.');
    FolderName folder = FolderName::of_directory('.' + name);
    if (!name.empty() && !folder.is_inbox()) folders.insert(std::move(folder));
  }
  return folders;
}

std::string with_subscriptions(std::string_view text, SubscriptionForm form,
                               const std::set<FolderName>& folders) {
  const std::set<FolderName> known = subscribed_folders(text, form);
  const bool tabs = divides_by_tabs(text, form);
  std::string all{text};
  if (!all.empty() && !all.ends_with('\n')) all += '\n';
  for (const FolderName& each : folders) {
    if (!each.is_inbox() && !known.contains(each)) all += name_of(each, form, tabs) + '\n';
  }
  return all;
}

Result<void> subscribe(System& system, LockOps& locks, int maildir, SubscriptionForm form,
                       const std::set<FolderName>& folders) {
  const char* file = subscription_file(form);
  LockWait wait{locks, kMboxLockTimeout};
  const std::optional<DotLock> lock =
      LBX_TRY(DotLock::acquire(system, locks, maildir, file, wait, LockMode::Shared));
  if (!lock) return Error::later(std::string{file} + ".lock is in the way");
  const std::string before =
      LBX_TRY(read_server_file(system.files, maildir, file, kMaxSubscriptions));
  const std::string after = with_subscriptions(before, form, folders);
  if (after == before) return {};
  return replace_file(system.files, maildir, file, after, kServerFileMode);
}

Result<void> subscribe_new_folders(System& system, LockOps& locks,
                                   const FolderKeeper::Staged& staged, SubscriptionForm form) {
  std::set<FolderName> fresh;
  for (const FolderName& each : staged.folders) {
    const bool there = LBX_TRY(is_in_target(system.files, staged.target, path_in(each, "cur")));
    if (!there && !each.is_inbox()) fresh.insert(each);
  }
  if (fresh.empty()) return {};
  const int home = staged.target < 0 ? staged.root : staged.target;
  for (const SubscriptionForm each : {SubscriptionForm::Dovecot, SubscriptionForm::Courier}) {
    const bool wanted =
        each == form || LBX_TRY(exists(system.files, home, subscription_file(each)));
    if (wanted) LBX_TRY(subscribe(system, locks, home, each, fresh));
  }
  return {};
}

}  // namespace lbx::convert
