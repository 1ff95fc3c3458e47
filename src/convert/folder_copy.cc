// SPDX-License-Identifier: MIT
#include "convert/folder_copy.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "convert/keywords_file.h"
#include "convert/known_messages.h"
#include "convert/maildir_files.h"
#include "core/base/io.h"
#include "core/maildir/dovecot_uidlist.h"
#include "core/message/line_endings.h"

namespace lbx::convert {
namespace {

constexpr mode_t kCopyMode = 0600;
constexpr std::string_view kInfo = ":2,";

Result<MessageDigest> digest_file(FileOps& files, int file) {
  Sha256 sum;
  return digest_of([&](const ChunkSink& sink) { return for_each_chunk(files, file, sink); }, sum);
}

bool is_keyword_letter(char c) {
  return c >= 'a' && c <= 'z';
}

}  // namespace

Result<void> MessageIndex::add_folder(int folder) {
  for (DatedEntry& each : LBX_TRY(list_by_time(*files_, folder))) {
    bases_.insert(each.entry.name.base.str());
    by_size_[each.octets].push_back({folder, std::move(each.entry), std::nullopt, false});
  }
  return {};
}

Result<std::optional<std::string>> MessageIndex::take(
    std::uint64_t octets, const std::function<Result<MessageDigest>()>& digest) {
  const auto same_size = by_size_.find(octets);
  if (same_size == by_size_.end()) return std::optional<std::string>{};
  const MessageDigest wanted = LBX_TRY(digest());
  for (Known& each : same_size->second) {
    if (each.taken) continue;
    if (!each.digest) {
      const Result<UniqueFd> file = files_->open_at(each.folder, each.entry.path(), O_RDONLY);
      if (!file && file.error().os_error == ENOENT) continue;  // moved meanwhile
      if (!file) return file.error();
      each.digest = LBX_TRY(digest_file(*files_, file->get()));
    }
    if (*each.digest != wanted) continue;
    each.taken = true;
    return std::optional{each.entry.name.base.str()};
  }
  return std::optional<std::string>{};
}

Result<void> FolderCopy::run(MessageIndex& index, bool dry_run, CopiedFolder& copied) {
  FileOps& files = system_->files;
  const std::vector<DatedEntry> list = LBX_TRY(list_by_time(files, from_));
  LBX_TRY(read_source());
  // Network file systems answer syncfs(2) without doing it for their server.
  sync_each_ = !dry_run && LBX_TRY(files.file_system(to_)) != FileSystemKind::Local;
  for (const DatedEntry& each : list) {
    ++copied.messages;
    MaildirEntry entry = each.entry;
    const UniqueFd file = LBX_TRY(open_message(files, from_, entry));
    if (!file) {
      ++copied.vanished;
      continue;
    }
    const std::optional<std::string> known =
        LBX_TRY(index.take(each.octets, [&] { return digest_file(files, file.get()); }));
    if (known) {
      bases_.emplace(entry.name.base.str(), *known);
      ++copied.known;
      continue;
    }
    ++copied.added;
    copied.octets += each.octets;
    const DatedEntry now{std::move(entry), each.seconds, each.nanos, each.octets};
    if (!dry_run) LBX_TRY(add(now, file.get(), index, copied));
  }
  if (dry_run) return {};
  LBX_TRY(save_keywords());
  LBX_TRY(publish());
  if (notes_.validity == 0) return {};
  const std::optional<DotLock> lock = LBX_TRY(lock_uidlist());
  copied.uids_kept = LBX_TRY(write_notes(*system_, to_, *server_, notes_, bases_));
  return {};
}

Result<void> FolderCopy::add(const DatedEntry& message, int file, const MessageIndex& index,
                             CopiedFolder& copied) {
  const std::string base = LBX_TRY(name_for(message, file, index, copied));
  const bool fresh = message.entry.folder == MaildirPlace::Folder::New;
  std::string last = fresh ? "new/" : "cur/";
  last += base;
  if (!fresh) last += info_of(message.entry.name, copied);
  std::string tmp = "tmp/" + base;
  LBX_TRY(write(message, file, tmp));
  if (server_ == ServerKind::Courier) LBX_TRY(add_keywords(message, base));
  bases_.emplace(message.entry.name.base.str(), base);
  waiting_.push_back({std::move(tmp), std::move(last)});
  waiting_octets_ += message.octets;
  if (waiting_.size() < kCopyBatch && waiting_octets_ < kCopyBatchOctets) return {};
  LBX_TRY(save_keywords());
  return publish();
}

/// The name that the message has, so that whoever knows it by that goes on to; a new one where the
/// target has such a name already.
Result<std::string> FolderCopy::name_for(const DatedEntry& message, int file,
                                         const MessageIndex& index, CopiedFolder& copied) {
  const std::string& base = message.entry.name.base.str();
  if (!index.has_base(base) && given_.insert(base).second) return base;
  ++copied.renamed;
  OctetCounter octets;
  LBX_TRY(for_each_chunk(system_->files, file, [&](std::string_view chunk) -> Result<void> {
    octets.add(chunk);
    return {};
  }));
  return fresh_name(*system_, message.seconds, octets.stored(), octets.on_wire()).str();
}

Result<void> FolderCopy::write(const DatedEntry& message, int file, const std::string& tmp) {
  FileOps& files = system_->files;
  // What an interrupted run left under that name is written anew.
  UniqueFd to = LBX_TRY(files.open_at(to_, tmp, O_WRONLY | O_CREAT | O_TRUNC, kCopyMode));
  LBX_TRY(for_each_chunk(
      files, file, [&](std::string_view chunk) { return write_all(files, to.get(), chunk); }));
  const Instant time{message.seconds, static_cast<std::int32_t>(message.nanos / 1000)};
  LBX_TRY(files.set_modified(to.get(), time));
  if (sync_each_) LBX_TRY(files.sync(to.get()));
  return files.close(std::move(to));
}

/// What waits is made durable, and only then visible.
Result<void> FolderCopy::publish() {
  if (waiting_.empty()) return {};
  FileOps& files = system_->files;
  if (!sync_each_) LBX_TRY(files.sync_file_system(to_));
  for (const Waiting& each : std::exchange(waiting_, {})) {
    LBX_TRY(rename_to_free(files, to_, each.tmp, to_, each.last));
  }
  waiting_octets_ = 0;
  LBX_TRY(sync_directory(files, to_, "new"));
  return sync_directory(files, to_, "cur");
}

Result<void> FolderCopy::read_source() {
  FileOps& files = system_->files;
  notes_ = LBX_TRY(read_notes(*system_, from_));
  if (!server_) server_ = notes_.kind;
  from_keywords_ = LBX_TRY(read_keywords(files, from_));
  to_keywords_ = LBX_TRY(read_keywords(files, to_));
  return {};
}

/// What letters mean in the source, and what Courier has noted there.
std::vector<std::string> FolderCopy::keywords_of(const MessageFileName& name) const {
  std::vector<std::string> all;
  const MaildirFlags flags = name.flags();
  for (const char letter : flags.str()) {
    const std::string_view keyword = from_keywords_.name_of(letter);
    if (is_keyword_letter(letter) && !keyword.empty()) all.emplace_back(keyword);
  }
  const auto noted = notes_.keywords.find(name.base.str());
  if (noted != notes_.keywords.end()) {
    all.insert(all.end(), noted->second.begin(), noted->second.end());
  }
  return all;
}

Result<void> FolderCopy::add_keywords(const DatedEntry& message, const std::string& base) {
  const std::vector<std::string> all = keywords_of(message.entry.name);
  if (all.empty()) return {};
  return add_courier_keywords(system_->files, to_, base, all);
}

/// The flags, with the letters that the target's keywords have. A letter that means nothing in the
/// source stays where it means nothing in the target either.
std::string FolderCopy::info_of(const MessageFileName& name, CopiedFolder& copied) {
  if (!name.info.starts_with(kInfo)) return std::string{kInfo};
  const MaildirFlags had_flags = name.flags();
  MaildirFlags flags;
  for (const char letter : had_flags.str()) {
    const bool named = is_keyword_letter(letter) && !from_keywords_.name_of(letter).empty();
    if (named) continue;
    const bool taken = is_keyword_letter(letter) && !to_keywords_.name_of(letter).empty();
    copied.keywords_lost += taken ? 1 : 0;
    if (!taken) flags.add(letter);
  }
  if (server_ == ServerKind::Courier) return std::string{kInfo} + flags.str();
  for (const std::string& keyword : keywords_of(name)) {
    const bool had = to_keywords_.letter_of(keyword).has_value();
    const std::optional<char> to = to_keywords_.add(keyword);
    keywords_changed_ = keywords_changed_ || (!had && to);
    copied.keywords_lost += to ? 0 : 1;
    if (to) flags.add(*to);
  }
  return std::string{kInfo} + flags.str();
}

/// What is done under it is done by one rename: so it is stale as soon as its process is dead.
Result<std::optional<DotLock>> FolderCopy::lock_uidlist() {
  LockWait wait{*locks_, kMboxLockTimeout};
  Result<std::optional<DotLock>> lock =
      DotLock::acquire(*system_, *locks_, to_, kDovecotUidlistFile, wait, LockMode::Shared);
  if (lock && !*lock) return Error::later(std::string{kDovecotUidlistLock} + " is in the way");
  return lock;
}

/// Before a message with such a letter can be seen.
Result<void> FolderCopy::save_keywords() {
  if (!std::exchange(keywords_changed_, false)) return {};
  const std::optional<DotLock> lock = LBX_TRY(lock_uidlist());
  DovecotKeywords now = LBX_TRY(read_keywords(system_->files, to_));
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const std::string_view name = to_keywords_.name_of(letter);
    if (!name.empty() && now.add(name) != letter) {
      return Error::later(std::string{kDovecotKeywordsFile} + ": was changed meanwhile");
    }
  }
  return write_keywords(system_->files, to_, now);
}

}  // namespace lbx::convert
