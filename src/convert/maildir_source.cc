// SPDX-License-Identifier: MIT
#include "convert/maildir_source.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "convert/keywords_file.h"
#include "convert/server_file.h"
#include "core/base/io.h"
#include "core/maildir/dovecot_uidlist.h"

namespace lbx::convert {

Result<std::vector<DatedEntry>> list_by_time(FileOps& files, int maildir) {
  std::vector<DatedEntry> list;
  for (MaildirEntry& entry : LBX_TRY(scan_maildir(files, maildir))) {
    const Result<struct stat> status = files.stat_at(maildir, entry.path());
    if (!status && status.error().os_error == ENOENT) continue;
    if (!status) return status.error();
    if (!S_ISREG(status->st_mode)) continue;  // a FIFO would be waited for
    list.push_back({std::move(entry), status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
                    static_cast<std::uint64_t>(status->st_size)});
  }
  std::ranges::sort(list, {}, [](const DatedEntry& each) {
    return std::tuple{each.seconds, each.nanos, std::string_view{each.entry.name.base.str()}};
  });
  return list;
}

Result<UniqueFd> open_message(FileOps& files, int maildir, MaildirEntry& entry) {
  Result<UniqueFd> file = files.open_at(maildir, entry.path(), O_RDONLY);
  if (file || file.error().os_error != ENOENT) return file;
  for (MaildirEntry& other : LBX_TRY(scan_maildir(files, maildir))) {
    if (other.name.base != entry.name.base) continue;
    entry = std::move(other);
    return files.open_at(maildir, entry.path(), O_RDONLY);
  }
  return UniqueFd{};
}

Result<MaildirSource> MaildirSource::open(FileOps& files, int maildir, std::string name,
                                          Order order) {
  std::vector<DatedEntry> entries = LBX_TRY(list_by_time(files, maildir));
  MaildirSource source{files, maildir, std::move(name), std::move(entries)};
  source.keywords_ = LBX_TRY(read_keywords(files, maildir));
  if (order == Order::ByUid) LBX_TRY(source.read_uids());
  return source;
}

Result<void> MaildirSource::read_uids() {
  const std::string text =
      LBX_TRY(read_server_file(*files_, maildir_, kDovecotUidlistFile, kMaxUidlist));
  std::optional<UidlistReader> reader = UidlistReader::open(text);
  if (!reader) return {};
  std::unordered_map<std::string_view, std::uint32_t> known;
  std::uint32_t last = reader->header().next - 1;
  while (const std::optional<UidlistEntry> entry = reader->next()) {
    known.emplace(entry->base, entry->uid);
    last = std::max(last, entry->uid);
  }
  std::vector<std::pair<std::uint32_t, DatedEntry>> numbered;
  for (DatedEntry& each : entries_) {
    const auto found = known.find(each.entry.name.base.str());
    if (found == known.end() && last == UINT32_MAX) return {};  // no number is left
    numbered.emplace_back(found != known.end() ? found->second : ++last, std::move(each));
  }
  std::ranges::sort(numbered, {}, [](const auto& each) { return each.first; });
  entries_.clear();
  for (auto& [number, entry] : numbered) {
    numbers_.push_back(number);
    entries_.push_back(std::move(entry));
  }
  uids_ = ImapNumbers{reader->header().validity, last};
  return {};
}

/// What the name of the message that was last taken says.
void MaildirSource::describe(Message& message) const {
  const MaildirEntry& entry = entries_[at_ - 1].entry;
  if (!numbers_.empty()) message.uid = numbers_[at_ - 1];
  if (uids_) message.uid_validity = uids_->validity;
  if (entry.folder == MaildirPlace::Folder::New) return;
  message.state.fresh = false;
  const MaildirFlags flags = entry.name.flags();
  for (const char letter : flags.str()) {
    const std::string_view keyword = keywords_.name_of(letter);
    if (keyword.empty()) {
      message.state.letters += letter;
    } else {
      message.keywords.emplace_back(keyword);
    }
  }
}

Result<std::optional<Message>> MaildirSource::next() {
  while (at_ < entries_.size()) {
    DatedEntry& each = entries_[at_++];
    Result<UniqueFd> file = open_message(*files_, maildir_, each.entry);
    if (!file) return file.error();
    if (!*file) {
      ++vanished_;
      continue;
    }
    message_ = std::move(*file);
    Message message{{}, Instant{each.seconds, static_cast<std::int32_t>(each.nanos / 1000)}, {}};
    describe(message);
    message.content = [this](const ChunkSink& sink) {
      return for_each_chunk(*files_, message_.get(), sink);
    };
    return std::optional<Message>{std::move(message)};
  }
  return std::optional<Message>{};
}

}  // namespace lbx::convert
