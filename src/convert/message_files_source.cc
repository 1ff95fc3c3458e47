// SPDX-License-Identifier: MIT
#include "convert/message_files_source.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "core/base/ascii.h"
#include "core/base/io.h"

namespace lbx::convert {
namespace {

constexpr const char* kSequences = ".mh_sequences";

bool contains(const std::vector<std::uint64_t>& numbers, std::uint64_t number) {
  return std::ranges::binary_search(numbers, number);
}

}  // namespace

std::vector<std::uint64_t> mh_sequence(std::string_view text, std::string_view name,
                                       std::uint64_t last) {
  std::vector<std::uint64_t> out;
  for (const std::string_view line : ascii::split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.substr(0, colon) != name) continue;
    for (const std::string_view word : ascii::split(line.substr(colon + 1), ' ')) {
      const std::size_t dash = std::min(word.find('-'), word.size());
      const auto begin = ascii::parse_number(word.substr(0, dash));
      const auto end = dash < word.size() ? ascii::parse_number(word.substr(dash + 1)) : begin;
      if (!begin || !end) continue;
      for (std::uint64_t each = *begin; each <= std::min(*end, last); ++each) out.push_back(each);
      if (out.size() > kMaxSequences) return {};  // ranges that lie over each other
    }
  }
  std::ranges::sort(out);
  return out;
}

MessageFilesSource::MessageFilesSource(System& system, std::string directory, std::string name,
                                       std::vector<MessageFile> list, FolderName folder)
    : system_{&system},
      directory_{std::move(directory)},
      name_{std::move(name)},
      files_{std::move(list)},
      folder_{std::move(folder)} {
  for (const MessageFile& each : files_) size_ += each.size;
}

Result<MessageFilesSource> MessageFilesSource::open(System& system, const std::string& directory,
                                                    std::string name, std::vector<MessageFile> list,
                                                    FolderName folder) {
  const bool mh = std::ranges::any_of(list, &MessageFile::mh);
  MessageFilesSource source{system, directory, std::move(name), std::move(list), std::move(folder)};
  if (mh) LBX_TRY(source.read_sequences());
  return source;
}

Result<void> MessageFilesSource::read_sequences() {
  const Result<UniqueFd> file = system_->files.open_at(AT_FDCWD, path_of(kSequences), O_RDONLY);
  if (!file && file.error().os_error == ENOENT) return {};
  if (!file) return file.error();
  const std::string text =
      LBX_TRY(read_whole(system_->files, file->get(), kMaxSequences, path_of(kSequences)));
  std::uint64_t last = 0;
  for (const MessageFile& each : files_) {
    last = std::max(last, ascii::parse_number(each.name).value_or(0));
  }
  unseen_ = mh_sequence(text, "unseen", last);
  flagged_ = mh_sequence(text, "flagged", last);
  replied_ = mh_sequence(text, "replied", last);
  return {};
}

Result<Message> MessageFilesSource::open_message(std::size_t at) {
  FileOps& files = system_->files;
  const MessageFile& file = files_[at];
  // Not to wait for the other end of a FIFO that has taken the name.
  open_ = LBX_TRY(files.open_at(AT_FDCWD, path_of(file.name), O_RDONLY | O_NONBLOCK | O_NOFOLLOW));
  const struct stat status = LBX_TRY(files.stat_fd(open_.get()));
  if (!S_ISREG(status.st_mode)) return Error::never("is not a regular file");
  stamps_[at] = file_stamp(status);
  Message message = LBX_TRY(read_single_message(
      files, open_.get(), static_cast<std::uint64_t>(status.st_size), file.form));
  if (!message.time) message.time = Instant{status.st_mtim.tv_sec, 0};
  return message;
}

Result<std::optional<Message>> MessageFilesSource::next() {
  if (at_ == files_.size()) return std::optional<Message>{};
  stamps_.resize(files_.size());
  const std::size_t at = at_++;
  const MessageFile& file = files_[at];
  behind_ += file.size;
  Result<Message> opened = open_message(at);
  Message message{};
  if (opened) {
    message = std::move(*opened);
  } else {
    stamps_[at].clear();
    Error error = opened.error();
    error.what = file.name + ": " + error.what;
    message.content = [error](const ChunkSink&) -> Result<void> { return error; };
  }
  message.folder = folder_;
  if (file.mh) {
    const std::uint64_t number = ascii::parse_number(file.name).value_or(0);
    message.state.fresh = false;
    if (!contains(unseen_, number)) message.state.add('S');
    if (contains(flagged_, number)) message.state.add('F');
    if (contains(replied_, number)) message.state.add('R');
  }
  return std::optional<Message>{std::move(message)};
}

Result<bool> MessageFilesSource::resume(const std::string& /*mark*/) {
  at_ = 0;
  behind_ = 0;
  return false;
}

Result<Findings> MessageFilesSource::findings() {
  Findings out;
  const bool mh = std::ranges::any_of(files_, &MessageFile::mh);
  out.decided = mh ? "MH" : "a file for each message";
  return out;
}

Result<void> MessageFilesSource::remove() {
  FileOps& files = system_->files;
  for (std::size_t i = 0; i < stamps_.size(); ++i) {
    const std::string path = path_of(files_[i].name);
    const Result<struct stat> now = files.stat_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
    if (!now || stamps_[i] != file_stamp(*now)) {
      return Error::later(path + ": another program changed it: it is not removed");
    }
    LBX_TRY(files.unlink_at(AT_FDCWD, path));
  }
  return {};
}

}  // namespace lbx::convert
