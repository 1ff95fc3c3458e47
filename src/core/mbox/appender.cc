// SPDX-License-Identifier: MIT
#include "core/mbox/appender.h"

#include <fcntl.h>

#include <array>
#include <utility>

#include "core/base/io.h"

namespace lbx {
namespace {

using Failure = std::optional<AppendFailure>;

/// How often an mbox may be another file once its lock is there.
constexpr int kMaxReplacements = 16;

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

/// What stands where an earlier try began.
enum class Tail { Whole, CutOff, Other };

/// Compares the mbox from `began_at` to its end at `size` with what was to be written there.
Result<Tail> compare_tail(FileOps& files, int fd, std::uint64_t began_at, std::uint64_t size,
                          std::string_view envelope_lines, const MessageSource& message) {
  if (size < began_at) return Tail::Other;
  Tail tail = Tail::Whole;
  std::uint64_t at = began_at;
  std::string stored;
  std::string head = LBX_TRY(repair(files, fd, began_at));
  head += envelope_lines;
  const Result<void> compared = write_quoted(
      FromQuoting::Nested, std::move(head), message, [&](std::string_view bytes) -> Result<void> {
        for (std::size_t same = 0; same < bytes.size();) {
          stored.resize(bytes.size() - same);
          const std::size_t got = LBX_TRY(files.read_at(fd, stored.data(), stored.size(), at));
          const bool equal = std::string_view{stored}.substr(0, got) == bytes.substr(same, got);
          if (got == 0 || !equal) {
            tail = equal ? Tail::CutOff : Tail::Other;
            return Error::later("enough");
          }
          same += got;
          at += got;
        }
        return {};
      });
  if (!compared && tail == Tail::Whole) return compared.error();
  return tail;
}

/// One append, from the locks to the close.
class Append {
 public:
  Append(System& system, LockOps& locks, int dir, const std::string& path,
         const MboxLockPolicy& policy, std::string_view envelope_lines,
         const MessageSource& message, const AppendOnce* once)
      : system_{&system},
        locks_{&locks},
        dir_{dir},
        path_{&path},
        policy_{&policy},
        wait_{locks, policy.timeout},
        envelope_lines_{envelope_lines},
        message_{&message},
        once_{once} {}

  Failure run() {
    const std::array<Failure (Append::*)(), 3> steps =
        policy_->kernel_first
            ? std::array{&Append::open_locked, &Append::lock_name, &Append::write}
            : std::array{&Append::lock_name, &Append::open_locked, &Append::write};
    for (const auto step : steps) {
      Failure failure = (this->*step)();
      if (failure) return failure;
    }
    return std::nullopt;
  }

 private:
  Failure lock_name() {
    if (!policy_->dot_lock) return std::nullopt;
    Result<std::optional<DotLock>> acquired =
        DotLock::acquire(*system_, *locks_, dir_, *path_, wait_);
    if (!acquired) return AppendFailure{AppendStep::Lock, acquired.error()};
    if (!*acquired) {
      return AppendFailure{AppendStep::LockTimeout, Error::later(*path_ + ".lock is in the way")};
    }
    dot_lock_.emplace(std::move(**acquired));
    return std::nullopt;
  }

  Failure open_locked() {
    for (int tries = 0; tries < kMaxReplacements; ++tries) {
      Failure failure = open();
      if (!failure) failure = lock_file_itself();
      if (failure) return failure;
      const Result<bool> named = still_named(system_->files, dir_, *path_, file_.get());
      if (!named) return AppendFailure{AppendStep::Open, named.error()};
      if (*named) return std::nullopt;
    }
    return AppendFailure{AppendStep::Open, Error::later("it is replaced again and again")};
  }

  Failure open() {
    // O_NONBLOCK: a FIFO of that name must not hold us up.
    Result<UniqueFd> file = system_->files.open_at(
        dir_, *path_, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, kMboxMode);
    if (!file) return AppendFailure{AppendStep::Open, file.error()};
    file_ = std::move(*file);
    const Result<struct stat> status = system_->files.stat_fd(file_.get());
    if (!status) return AppendFailure{AppendStep::Open, status.error()};
    if (S_ISREG(status->st_mode)) return std::nullopt;
    return AppendFailure{AppendStep::Open, Error::later("not a regular file")};
  }

  Failure lock_file_itself() {
    Failure failure = take(policy_->kernel);
    if (failure || policy_->second == KernelLock::None) return failure;
    const Result<bool> both = can_hold_both(*system_, *locks_, dir_, *path_);
    return both && *both ? take(policy_->second) : std::nullopt;
  }

  Failure take(KernelLock kind) {
    const Result<bool> locked = lock_file(*locks_, file_.get(), kind, LockMode::Exclusive, wait_);
    if (!locked) return AppendFailure{AppendStep::Lock, locked.error()};
    if (!*locked)
      return AppendFailure{AppendStep::LockTimeout, Error::later(*path_ + " is locked")};
    return std::nullopt;
  }

  /// How the mbox stands; what an earlier try left is dealt with. True: nothing is left to do.
  Result<bool> find_length(std::uint64_t& length) {
    const struct stat status = LBX_TRY(system_->files.stat_fd(file_.get()));
    length = static_cast<std::uint64_t>(status.st_size);
    if (once_ == nullptr || !once_->began_at) return false;
    const Tail tail = LBX_TRY(compare_tail(system_->files, file_.get(), *once_->began_at, length,
                                           envelope_lines_, *message_));
    if (tail == Tail::Whole) {
      LBX_TRY(system_->files.sync(file_.get()));
      return true;
    }
    if (tail == Tail::CutOff) {
      LBX_TRY(system_->files.truncate(file_.get(), *once_->began_at));
      length = *once_->began_at;
    }
    return false;
  }

  Failure write() {
    std::uint64_t length = 0;
    const Result<bool> there = find_length(length);
    if (!there) return AppendFailure{AppendStep::Write, there.error()};
    if (*there) return std::nullopt;
    // A file that is empty may be new: its name has to last as well, and is made so while nothing
    // has been written that would have to be taken back.
    if (length == 0) {
      const Result<void> named = sync_directory(system_->files, dir_, directory_of(*path_));
      if (!named) return AppendFailure{AppendStep::Write, named.error()};
    }
    if (once_ != nullptr) {
      const Result<void> noted = once_->begin(length);
      if (!noted) return AppendFailure{AppendStep::Write, noted.error()};
    }
    Failure failure =
        append_or_undo(system_->files, file_.get(), length, envelope_lines_, *message_);
    if (failure) return failure;
    const Result<void> closed = system_->files.close(std::move(file_));
    if (!closed) return AppendFailure{AppendStep::Write, closed.error()};
    return std::nullopt;
  }

  System* system_;
  LockOps* locks_;
  int dir_;
  const std::string* path_;
  const MboxLockPolicy* policy_;
  LockWait wait_;
  std::string_view envelope_lines_;
  const MessageSource* message_;
  const AppendOnce* once_;
  std::optional<DotLock> dot_lock_;
  UniqueFd file_;  // closed, and so unlocked, before the dot-lock goes
};

}  // namespace

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<AppendFailure> append_to_mbox(System& system, LockOps& locks, int dir,
                                            const std::string& path, const MboxLockPolicy& policy,
                                            std::string_view envelope_lines,
                                            const MessageSource& message, const AppendOnce* once) {
  return Append{system, locks, dir, path, policy, envelope_lines, message, once}.run();
}

}  // namespace lbx
