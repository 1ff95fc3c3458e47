// SPDX-License-Identifier: MIT
#include "core/mbox/appender.h"

#include <fcntl.h>

#include "core/mbox/quoting.h"

namespace lbx {
namespace {

constexpr mode_t kMboxMode = 0600;

using Failure = std::optional<AppendFailure>;

/// The open and locked mbox, and the length to go back to.
class Appending {
 public:
  Appending(FileOps& files, int fd, std::uint64_t length)
      : files_{&files}, fd_{fd}, length_{length} {}

  Failure run(std::string_view envelope_lines, const MessageSource& message) {
    Result<void> written = begin(envelope_lines);
    if (written) {
      const Result<void> given = message([this](std::string_view chunk) { return put(chunk); });
      // An error of our own comes back through the source: it is not the source's.
      if (!given) return undo(write_failed_ ? AppendStep::Write : AppendStep::Read, given.error());
      written = end();
    }
    if (!written) return undo(AppendStep::Write, written.error());
    return std::nullopt;
  }

 private:
  Result<void> begin(std::string_view envelope_lines) {
    if (length_ > 0) {
      char last = '\n';
      const std::size_t got = LBX_TRY(files_->read_at(fd_, &last, 1, length_ - 1));
      if (got == 1 && last != '\n') out_ += "\n\n";
    }
    out_ += envelope_lines;
    return {};
  }

  Result<void> put(std::string_view chunk) {
    if (chunk.empty()) return {};
    last_ = chunk.back();
    quoter_.append(chunk, out_);
    return out_.size() < kIoChunk ? Result<void>{} : flush();
  }

  Result<void> end() {
    quoter_.finish(out_);
    out_ += last_ == '\n' ? "\n" : "\n\n";
    LBX_TRY(flush());
    return files_->sync(fd_);
  }

  Result<void> flush() {
    Result<void> written = write_all(*files_, fd_, out_);
    out_.clear();
    write_failed_ = !written;
    return written;
  }

  Failure undo(AppendStep step, const Error& error) {
    const Result<void> restored = files_->truncate(fd_, length_);
    Error all = error;
    if (!restored) all.what += "; and what was written could not be taken back";
    return AppendFailure{step, std::move(all)};
  }

  FileOps* files_;
  int fd_;
  std::uint64_t length_;
  FromTransform quoter_{FromTransform::Direction::Quote, FromQuoting::Nested};
  std::string out_;
  char last_{'\n'};
  bool write_failed_{false};
};

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Failure locked_append(System& system, LockOps& locks, int dir, const std::string& path,
                      KernelLock kind, LockWait& wait, std::string_view envelope_lines,
                      const MessageSource& message) {
  FileOps& files = system.files;
  Result<UniqueFd> file = files.open_at(dir, path, O_RDWR | O_APPEND | O_CREAT, kMboxMode);
  if (!file) return AppendFailure{AppendStep::Open, file.error()};
  const Result<bool> locked = lock_file(locks, file->get(), kind, LockMode::Exclusive, wait);
  if (!locked) return AppendFailure{AppendStep::Lock, locked.error()};
  if (!*locked) return AppendFailure{AppendStep::LockTimeout, Error::later(path + " is locked")};
  const Result<struct stat> status = files.stat_fd(file->get());
  if (!status) return AppendFailure{AppendStep::Open, status.error()};

  const auto length = static_cast<std::uint64_t>(status->st_size);
  // A file that is empty may be new: its name has to last as well, and is made so while nothing
  // has been written that would have to be taken back.
  if (length == 0) {
    const Result<void> named = sync_directory(files, dir, directory_of(path));
    if (!named) return AppendFailure{AppendStep::Write, named.error()};
  }
  Failure failure = Appending{files, file->get(), length}.run(envelope_lines, message);
  if (failure) return failure;
  const Result<void> closed = files.close(std::move(*file));
  if (!closed) return AppendFailure{AppendStep::Write, closed.error()};
  return std::nullopt;
}

}  // namespace

std::optional<AppendFailure> append_to_mbox(System& system, LockOps& locks, int dir,
                                            const std::string& path, const MboxLockPolicy& policy,
                                            std::string_view envelope_lines,
                                            const MessageSource& message) {
  LockWait wait{locks, policy.timeout};
  std::optional<DotLock> dot_lock;
  if (policy.dot_lock) {
    Result<std::optional<DotLock>> acquired = DotLock::acquire(system, locks, dir, path, wait);
    if (!acquired) return AppendFailure{AppendStep::Lock, acquired.error()};
    if (!*acquired) {
      return AppendFailure{AppendStep::LockTimeout, Error::later(path + ".lock is in the way")};
    }
    dot_lock.emplace(std::move(**acquired));
  }
  return locked_append(system, locks, dir, path, policy.kernel, wait, envelope_lines, message);
}

}  // namespace lbx
