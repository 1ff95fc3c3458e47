// SPDX-License-Identifier: MIT
#include "convert/number_keeper.h"

#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "convert/server_file.h"
#include "core/base/io.h"
#include "core/maildir/dovecot_uidlist.h"

namespace lbx::convert {
namespace {

constexpr std::uint32_t kHighestUid = std::numeric_limits<std::uint32_t>::max();
/// What a list that exists becomes when it is complete.
constexpr const char* kAdded = ".letterbox";

std::uint64_t digest_of_id(const std::string& id) {
  return std::hash<std::string_view>{}(id);
}

}  // namespace

Result<void> NumberKeeper::finish(const FolderKeeper::Staged& staged, const WrittenState& written,
                                  std::vector<std::string>& warnings) {
  FileOps& files = system_->files;
  numbers_.clear();
  held_.clear();
  LBX_TRY(written.for_each(staged.log, [&](const StagedMessage& message) -> Result<void> {
    take(message, numbers_[message.folder]);
    return {};
  }));
  for (auto& [folder, numbers] : numbers_) {
    LBX_TRY(judge(staged, folder, numbers, written, warnings));
  }
  NamedRows rows{files, staged.root, chunk_,
                 [&](const FolderName& folder, const std::vector<NamedRows::Row>& named) {
                   const Numbers& numbers = numbers_[folder];
                   std::string lines;
                   for (const auto& [row, base] : named) lines += list_->line(*row, base);
                   return append_durably(files, numbers.added ? staged.target : staged.root,
                                         list_of(folder, numbers), lines);
                 }};
  LBX_TRY(written.for_each(staged.log, [&](const StagedMessage& message) -> Result<void> {
    Numbers& numbers = numbers_[message.folder];
    if (numbers.skip) return {};
    ListRow row = row_of(message, numbers);
    if (row.number == 0) return {};  // the server gives it one behind the others
    return rows.add(std::move(row));
  }));
  LBX_TRY(rows.finish());
  for (const auto& [folder, numbers] : numbers_) {
    if (!numbers.added) continue;
    LBX_TRY(files.rename_at(staged.target, list_of(folder, numbers), staged.target,
                            path_in(folder, list_->file())));
    LBX_TRY(sync_directory(files, staged.target, path_in(folder, ".")));
  }
  return {};
}

void NumberKeeper::take(const StagedMessage& message, Numbers& numbers) const {
  ++numbers.count;
  if (list_->holds_ids() && is_pop3_id(message.uidl)) {
    numbers.id_digests.push_back(digest_of_id(message.uidl));
  }
  if (!message.uid || !message.uid_validity) return;
  if (++numbers.numbered == 1) numbers.lowest = *message.uid;
  const bool ascends = *message.uid > numbers.highest;
  const bool same = numbers.validity == 0 || numbers.validity == *message.uid_validity;
  numbers.usable = numbers.usable && ascends && same;
  numbers.validity = *message.uid_validity;
  numbers.highest = std::max(numbers.highest, *message.uid);
  numbers.last_known = std::max(numbers.last_known, message.last_uid);
}

/// Decides whether a folder keeps its numbers, and leaves of the ids those that come twice.
Result<void> NumberKeeper::judge(const FolderKeeper::Staged& staged, const FolderName& folder,
                                 Numbers& numbers, const WrittenState& written,
                                 std::vector<std::string>& warnings) {
  FileOps& files = system_->files;
  const std::string path = path_in(folder, list_->file());
  const bool there = LBX_TRY(is_in_target(files, staged.target, path));
  if (there && (numbers.numbered > 0 || !numbers.id_digests.empty())) {
    return judge_addition(staged, folder, numbers, written, warnings);
  }
  const std::uint32_t last = std::max(numbers.highest, numbers.last_known);
  numbers.usable = numbers.usable && numbers.numbered > 0 && last < kHighestUid;
  if (numbers.numbered > 0 && !numbers.usable) {
    warnings.push_back(folder.str() +
                       ": X-UID and X-IMAPbase are at odds, so the messages get new numbers "
                       "(IMAP)");
  }
  numbers.skip = !numbers.usable && numbers.id_digests.empty();  // nothing to say
  if (numbers.skip) return {};
  numbers.id_digests = repeated(std::move(numbers.id_digests));
  // Numbers of our own begin where nobody's are: a UIDVALIDITY of now.
  if (!numbers.usable) {
    numbers.validity = static_cast<std::uint32_t>(system_->clock.now().seconds);
    numbers.highest = 0;
    numbers.last_known = 0;
  }
  const std::uint32_t next = (numbers.usable ? last : numbers.count) + 1;
  return replace_file(files, staged.root, path, list_->head(numbers.validity, next),
                      kServerFileMode);
}

/// To a list that exists. Numbers that do not continue it are new ones, which is worth the trouble
/// only for the sake of ids. What an interrupted run has added stays as it is.
Result<void> NumberKeeper::judge_addition(const FolderKeeper::Staged& staged,
                                          const FolderName& folder, Numbers& numbers,
                                          const WrittenState& written,
                                          std::vector<std::string>& warnings) {
  const std::string text = LBX_TRY(lock_and_read(staged.target, folder));
  const auto known = list_->read(text);
  numbers = {};
  if (known) numbers.listed = known->bits;
  std::ranges::sort(numbers.listed);
  LBX_TRY(written.for_each(staged.log, [&](const StagedMessage& message) -> Result<void> {
    const bool listed = std::ranges::binary_search(numbers.listed, message.bits);
    if (message.folder == folder && !listed) take(message, numbers);
    return {};
  }));
  const bool continues = known && numbers.usable && numbers.numbered > 0 &&
                         numbers.validity == known->validity && numbers.lowest >= known->next &&
                         std::max(numbers.highest, numbers.last_known) < kHighestUid;
  if (numbers.numbered > 0 && !continues) {
    warnings.push_back(folder.str() + ": there is a " + list_->file() +
                       " already, which the numbers of these messages do not continue, so they get "
                       "new numbers (IMAP)");
  }
  numbers.usable = continues;
  const bool room = known && known->next < kHighestUid - numbers.count;
  numbers.skip = !room || (!continues && numbers.id_digests.empty());
  if (numbers.skip) return {};
  numbers.added = true;
  numbers.id_digests.insert(numbers.id_digests.end(), known->ids.begin(), known->ids.end());
  numbers.id_digests = repeated(std::move(numbers.id_digests));
  numbers.ids_given.insert(known->ids.begin(), known->ids.end());
  if (!continues) numbers.highest = known->next - 1;
  const std::uint32_t next =
      continues ? std::max(numbers.highest, numbers.last_known) + 1 : known->next + numbers.count;
  return replace_file(system_->files, staged.target, list_of(folder, numbers),
                      list_->raised(text, next), kServerFileMode);
}

Result<std::string> NumberKeeper::lock_and_read(int target, const FolderName& folder) {
  FileOps& files = system_->files;
  UniqueFd dir = LBX_TRY(files.open_at(target, path_in(folder, "."), O_RDONLY | O_DIRECTORY));
  LockWait wait{*locks_, kMboxLockTimeout};
  // What is done under it is done by one rename: so it is stale as soon as its process is dead.
  std::optional<DotLock> lock = LBX_TRY(
      DotLock::acquire(*system_, *locks_, dir.get(), list_->file(), wait, LockMode::Shared));
  if (!lock) return Error::later(path_in(folder, list_->file()) + ".lock is in the way");
  const Held& held = held_.emplace_back(Held{std::move(dir), std::move(*lock)});
  return read_server_file(files, held.folder.get(), list_->file(), kMaxUidlist);
}

std::string NumberKeeper::list_of(const FolderName& folder, const Numbers& numbers) const {
  return path_in(folder, list_->file()) + (numbers.added ? kAdded : "");
}

ListRow NumberKeeper::row_of(const StagedMessage& message, Numbers& numbers) const {
  ListRow row{message.folder, message.bits, 0, {}};
  if (std::ranges::binary_search(numbers.listed, message.bits)) return row;
  if (numbers.usable) {
    if (message.uid && message.uid_validity) row.number = *message.uid;
  } else {
    row.number = ++numbers.highest;
  }
  if (!list_->holds_ids() || !is_pop3_id(message.uidl)) return row;
  const std::uint64_t digest = digest_of_id(message.uidl);
  const bool twice = std::ranges::binary_search(numbers.id_digests, digest);
  if (!twice || numbers.ids_given.insert(digest).second) row.text = message.uidl;
  return row;
}

}  // namespace lbx::convert
