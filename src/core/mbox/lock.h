// SPDX-License-Identifier: MIT
// Locks on an mbox: the dot-lock MBOX.lock and locks of the kernel's on the file itself. Which of
// them, and in which order, is the caller's policy. Of fcntl and flock the second one is taken only
// where a try on a file of its own shows that both can be had: on some file systems (Gluster) a
// process that holds one waits for itself at the other.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx {

/// A dot-lock that nobody has touched for so long may be what a crash left; it is removed only if
/// its process is dead on this host too.
inline constexpr std::int64_t kStaleLockSeconds = std::int64_t{5} * 60;
/// How long a lock is waited for: "File has been locked for 30 seconds straight" (CONTRACT 2.10).
inline constexpr std::chrono::seconds kMboxLockTimeout{30};

/// Of an mbox that is made: mail is its owner's alone.
inline constexpr mode_t kMboxMode = 0600;

enum class KernelLock { None, Fcntl, Flock };
enum class LockMode { Shared, Exclusive };

struct MboxLockPolicy {
  bool dot_lock{true};
  KernelLock kernel{KernelLock::Fcntl};
  std::chrono::milliseconds timeout{kMboxLockTimeout};
  KernelLock second{KernelLock::None};  // after `kernel`, where both can be had
  bool kernel_first{false};             // before the dot-lock

  /// What qmail-local and maildir2mbox do: flock alone.
  static MboxLockPolicy qmail() { return {false, KernelLock::Flock, kMboxLockTimeout}; }
  /// Reads "dotlock,fcntl": one to three different words of dotlock, fcntl and flock. The kernel's
  /// locks stand together, since they are taken together.
  static Result<MboxLockPolicy> parse(std::string_view words);
};

/// What locking asks of the kernel beyond FileOps.
class LockOps {
 public:
  virtual ~LockOps() = default;
  /// One attempt, without waiting. False: somebody else holds it.
  virtual Result<bool> try_lock(int fd, KernelLock kind, LockMode mode) = 0;
  virtual bool process_exists(pid_t pid) = 0;
  virtual void sleep(std::chrono::milliseconds time) = 0;
};

class PosixLockOps final : public LockOps {
 public:
  Result<bool> try_lock(int fd, KernelLock kind, LockMode mode) override;
  bool process_exists(pid_t pid) override;
  void sleep(std::chrono::milliseconds time) override;
};

/// Counts down the time that all locks of one mbox may take together.
class LockWait {
 public:
  LockWait(LockOps& ops, std::chrono::milliseconds timeout) : ops_{&ops}, left_{timeout} {}
  /// Sleeps a little; false where the time is used up.
  bool again();

 private:
  LockOps* ops_;
  std::chrono::milliseconds left_;
  std::chrono::milliseconds step_{kFirstStep};

  static constexpr std::chrono::milliseconds kFirstStep{5};
};

/// Waits for the kernel's lock on `fd`; closing the file ends it. False: the time is used up.
Result<bool> lock_file(LockOps& ops, int fd, KernelLock kind, LockMode mode, LockWait& wait);

/// Whether `path` still leads to the open file. Who has waited for a lock may have that of a file
/// which its holder has replaced meanwhile: what is written to that one is lost.
Result<bool> still_named(FileOps& files, int dir, const std::string& path, int fd);

/// Whether one process can hold both of the kernel's locks on a file beside `path`; the answer
/// comes from a private file there, which is gone afterwards.
Result<bool> can_hold_both(System& system, LockOps& ops, int dir, const std::string& path);

/// MBOX.lock, held as long as the object lives. It is made by link(2), so that it is whole when it
/// appears, and says "PID:HOST"; where there are no hard links, by exclusive creation. One that is
/// held for reading says so in a second line: the death of its process left nothing half done, and
/// it is stale at once.
class DotLock {
 public:
  /// For the mbox at `path` below `dir`, which must outlive the lock. Nothing: the time is used up.
  static Result<std::optional<DotLock>> acquire(System& system, LockOps& ops, int dir,
                                                const std::string& path, LockWait& wait,
                                                LockMode mode = LockMode::Exclusive);

  DotLock(DotLock&& other) noexcept;
  DotLock& operator=(DotLock&&) = delete;
  // Removes it, if it is still ours. That it may throw is the checker's view of std::get, which is
  // asked only for what is there.
  ~DotLock();  // NOLINT(bugprone-exception-escape)

 private:
  DotLock(System& system, int dir, std::string path, UniqueFd file)
      : system_{&system}, dir_{dir}, path_{std::move(path)}, file_{std::move(file)} {}

  System* system_;
  int dir_;
  std::string path_;
  UniqueFd file_;  // kept open, so that no other file can get its inode number
};

}  // namespace lbx
