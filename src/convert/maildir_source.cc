// SPDX-License-Identifier: MIT
#include "convert/maildir_source.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "core/base/io.h"

namespace lbx::convert {

Result<std::vector<DatedEntry>> list_by_time(FileOps& files, int maildir) {
  std::vector<DatedEntry> list;
  for (MaildirEntry& entry : LBX_TRY(scan_maildir(files, maildir))) {
    const Result<struct stat> status = files.stat_at(maildir, entry.path());
    if (!status && status.error().os_error == ENOENT) continue;
    if (!status) return status.error();
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

Result<MaildirSource> MaildirSource::open(FileOps& files, int maildir, std::string name) {
  return MaildirSource{files, maildir, std::move(name), LBX_TRY(list_by_time(files, maildir))};
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
    if (each.entry.folder == MaildirPlace::Folder::Cur) {
      message.state = {false, each.entry.name.flags().str()};
    }
    message.content = [this](const ChunkSink& sink) {
      return for_each_chunk(*files_, message_.get(), sink);
    };
    return std::optional<Message>{std::move(message)};
  }
  return std::optional<Message>{};
}

}  // namespace lbx::convert
