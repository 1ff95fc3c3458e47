// SPDX-License-Identifier: MIT
#include "convert/mbox_source.h"

#include <fcntl.h>

#include <array>
#include <utility>

#include "convert/expand.h"

namespace lbx::convert {
namespace {

Error about(const std::string& path, Error error) {
  error.what = path + ": " + error.what;
  return error;
}

/// Where locks are unknown, check_unchanged() tells what a lock would have prevented.
Result<void> lock_for_reading(LockOps& locks, int fd) {
  LockWait wait{locks, kMboxLockTimeout};
  const Result<bool> locked = lock_file(locks, fd, KernelLock::Fcntl, LockMode::Shared, wait);
  if (locked && !*locked) return Error::later("is locked by another program");
  return {};
}

Result<UniqueFd> expand_if_compressed(System& system, int fd, std::uint64_t limit) {
  std::array<char, 8> head{};
  const std::size_t got = LBX_TRY(system.files.read_at(fd, head.data(), head.size(), 0));
  const Compression compression = detect_compression({head.data(), got});
  if (compression == Compression::None) return UniqueFd{};
  return expand(system, fd, compression, limit);
}

}  // namespace

Result<MboxSource> MboxSource::open(System& system, LockOps& locks, const std::string& path,
                                    const Options& options) {
  FileOps& files = system.files;
  // Not to wait for the other end of a FIFO that somebody named.
  Result<UniqueFd> file = files.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  if (!file) return file.error();
  const struct stat status = LBX_TRY(files.stat_fd(file->get()));
  if (S_ISDIR(status.st_mode)) return Error::never(path + ": is a directory, not an mbox");
  if (!S_ISREG(status.st_mode)) return Error::never(path + ": is not a regular file");
  const Result<void> locked = lock_for_reading(locks, file->get());
  if (!locked) return about(path, locked.error());

  Result<UniqueFd> spool = expand_if_compressed(system, file->get(), options.max_expanded);
  if (!spool) return about(path, spool.error());
  const int fd = *spool ? spool->get() : file->get();
  const struct stat content = LBX_TRY(files.stat_fd(fd));
  const auto size = static_cast<std::uint64_t>(content.st_size);
  Result<MboxReader> reader = MboxReader::open(files, fd, size, options.read);
  if (!reader) return about(path, reader.error());
  return MboxSource{system,
                    path,
                    std::move(*file),
                    std::move(*spool),
                    status,
                    std::move(*reader),
                    options.skip_deleted,
                    size};
}

Result<std::optional<Message>> MboxSource::next() {
  for (;;) {
    Result<std::optional<MboxMessage>> found = reader_.next();
    if (!found) return about(path_, found.error());
    if (!*found) return std::optional<Message>{};
    MboxMessage& message = **found;
    if (skip_deleted_ && message.state.letters.find('T') != std::string::npos) {
      ++skipped_deleted_;
      continue;
    }
    Message out{message.state, std::nullopt, {}};
    if (message.date) out.time = Instant{*message.date, 0};
    out.content = [this, message = std::move(message)](const ChunkSink& sink) {
      return reader_.read(message, sink);
    };
    return std::optional<Message>{std::move(out)};
  }
}

Result<std::uint64_t> MboxSource::line_number(std::uint64_t offset) const {
  return MboxReader::line_number(system_->files, spool_ ? spool_.get() : file_.get(), offset);
}

Result<void> MboxSource::check_unchanged() const {
  const struct stat now = LBX_TRY(system_->files.stat_fd(file_.get()));
  if (now.st_size == status_.st_size && now.st_mtim.tv_sec == status_.st_mtim.tv_sec &&
      now.st_mtim.tv_nsec == status_.st_mtim.tv_nsec) {
    return {};
  }
  return Error::later(path_ + ": another program changed it while it was read");
}

}  // namespace lbx::convert
