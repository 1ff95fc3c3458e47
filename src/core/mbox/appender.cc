// SPDX-License-Identifier: MIT
#include "core/mbox/appender.h"

#include <fcntl.h>

#include <utility>

#include "core/base/io.h"

namespace lbx {
namespace {

constexpr mode_t kMboxMode = 0600;

using Failure = std::optional<AppendFailure>;

/// Ends the last line of an mbox that was cut off, so that ours is not glued to it.
Result<std::string> repair(FileOps& files, int fd, std::uint64_t length) {
  char last = '\n';
  if (length > 0) LBX_TRY(files.read_at(fd, &last, 1, length - 1));
  return std::string{last == '\n' ? "" : "\n\n"};
}

/// Appends to the open and locked mbox, which has `length` octets; after an error it has them
/// again.
Failure append_or_undo(FileOps& files, int fd, std::uint64_t length,
                       std::string_view envelope_lines, const MessageSource& message) {
  bool reading = true;
  const ChunkSink out = [&](std::string_view bytes) {
    Result<void> written = write_all(files, fd, bytes);
    reading = written.has_value();
    return written;
  };
  Result<void> done = [&]() -> Result<void> {
    std::string head = LBX_TRY(repair(files, fd, length));
    head += envelope_lines;
    LBX_TRY(write_quoted(FromQuoting::Nested, std::move(head), message, out));
    reading = false;
    return files.sync(fd);
  }();
  if (done) return std::nullopt;
  Error error = done.error();
  if (!files.truncate(fd, length)) error.what += "; and what was written could not be taken back";
  return AppendFailure{reading ? AppendStep::Read : AppendStep::Write, std::move(error)};
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
  Failure failure = append_or_undo(files, file->get(), length, envelope_lines, message);
  if (failure) return failure;
  const Result<void> closed = files.close(std::move(*file));
  if (!closed) return AppendFailure{AppendStep::Write, closed.error()};
  return std::nullopt;
}

}  // namespace

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

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
