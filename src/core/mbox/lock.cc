// SPDX-License-Identifier: MIT
#include "core/mbox/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>
#include <thread>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/io.h"

namespace lbx {
namespace {

constexpr std::chrono::milliseconds kMaxStep{200};
constexpr std::size_t kMaxLockText = 1024;
constexpr mode_t kLockMode = 0444;
constexpr std::string_view kReading = "reading\n";

bool has_no_links(int code) {
  return code == EPERM || code == EOPNOTSUPP || code == ENOSYS || code == EMLINK;
}

struct LockOwner {
  pid_t pid;
  std::string_view host;  // empty: whoever wrote it did not say
};

/// "PID" or "PID:HOST", as liblockfile, Dovecot and we write it.
std::optional<LockOwner> parse_owner(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto pid = ascii::parse_number(ascii::trim(text.substr(0, colon)));
  if (!pid || *pid == 0 || *pid > std::numeric_limits<pid_t>::max()) return std::nullopt;
  return LockOwner{static_cast<pid_t>(*pid),
                   ascii::trim(text.substr(std::min(colon + 1, text.size())))};
}

bool owner_is_dead(System& system, LockOps& ops, int fd, bool old) {
  const Result<std::string> text = read_whole(system.files, fd, kMaxLockText, "lock file");
  if (!text) return false;
  if (!old && !text->ends_with(kReading)) return false;
  const auto owner = parse_owner(*text);
  if (!owner) return false;
  if (owner->host.empty()) {  // a pid says something only on the host that it is from
    const Result<FileSystemKind> kind = system.files.file_system(fd);
    if (!kind || *kind != FileSystemKind::Local) return false;
  } else if (owner->host != system.host_name) {
    return false;
  }
  return !ops.process_exists(owner->pid);
}

/// Removes `path` where a crash left it. Whoever of us removes one holds a flock on it, so that two
/// cannot remove it twice, the second time from under a third.
bool remove_stale(System& system, LockOps& ops, int dir, const std::string& path) {
  FileOps& files = system.files;
  const Result<UniqueFd> fd = files.open_at(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd) return fd.error().os_error == ENOENT;
  const Result<struct stat> status = files.stat_fd(fd->get());
  if (!status || !S_ISREG(status->st_mode)) return false;
  const bool old = system.clock.now().seconds - status->st_mtim.tv_sec >= kStaleLockSeconds;
  if (!owner_is_dead(system, ops, fd->get(), old)) return false;
  const Result<bool> removing = ops.try_lock(fd->get(), KernelLock::Flock, LockMode::Exclusive);
  if (!removing || !*removing) return false;
  const Result<struct stat> named = files.stat_at(dir, path, AT_SYMLINK_NOFOLLOW);
  if (!named || named->st_ino != status->st_ino) return false;
  return files.unlink_at(dir, path).has_value();
}

/// A private file with the owner's name in it, which becomes the lock by a link. It has no name
/// before, so that a crash leaves nothing; where the file system has no such files, a private one.
class Candidate {
 public:
  static Result<Candidate> make(System& system, int dir, const std::string& lock_path,
                                LockMode mode) {
    const std::size_t leaf = lock_path.rfind('/') + 1;  // npos + 1 is 0
    Result<UniqueFd> unnamed = system.files.open_at(
        dir, leaf == 0 ? "." : lock_path.substr(0, leaf), O_WRONLY | O_TMPFILE, kLockMode);
    std::string path;
    if (!unnamed) {
      path = lock_path.substr(0, leaf) + '.' + lock_path.substr(leaf) + '.' +
             ascii::to_hex(system.randomness.bits64(), 16);
      unnamed =
          system.files.open_at(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kLockMode);
    }
    UniqueFd fd = LBX_TRY(std::move(unnamed));
    Candidate candidate{system, dir, path, std::move(fd)};
    if (mode == LockMode::Shared) candidate.text_ += kReading;
    LBX_TRY(write_all(system.files, candidate.fd_.get(), candidate.text_));
    return candidate;
  }
  Candidate(Candidate&& other) noexcept
      : system_{other.system_},
        dir_{other.dir_},
        path_{std::exchange(other.path_, {})},
        fd_{std::move(other.fd_)},
        text_{std::move(other.text_)} {}
  Candidate& operator=(Candidate&&) = delete;
  ~Candidate() {
    if (!path_.empty()) static_cast<void>(system_->files.unlink_at(dir_, path_));
  }

  /// The open lock file, now at `lock_path`, or none: somebody has it.
  Result<UniqueFd> claim(const std::string& lock_path) {
    const bool named = !path_.empty();
    const Result<void> linked = named ? system_->files.link_at(dir_, path_, dir_, lock_path)
                                      : system_->files.link_fd(fd_.get(), dir_, lock_path);
    if (linked) return std::move(fd_);
    const int code = linked.error().os_error;
    if (named) {
      // An NFS server may have linked although its answer was lost: then the file has two names.
      const struct stat status = LBX_TRY(system_->files.stat_at(dir_, path_));
      if (status.st_nlink == 2) return std::move(fd_);
    }
    if (code == EEXIST) return UniqueFd{};
    const bool no_proc = !named && code == ENOENT;
    if (no_proc || has_no_links(code)) return claim_exclusively(lock_path);
    return linked.error();
  }

 private:
  Candidate(System& system, int dir, std::string path, UniqueFd fd)
      : system_{&system},
        dir_{dir},
        path_{std::move(path)},
        fd_{std::move(fd)},
        text_{std::to_string(system.pid) + ':' + system.host_name + '\n'} {}

  Result<UniqueFd> claim_exclusively(const std::string& lock_path) const {
    Result<UniqueFd> fd =
        system_->files.open_at(dir_, lock_path, O_WRONLY | O_CREAT | O_EXCL, kLockMode);
    if (!fd && fd.error().os_error == EEXIST) return UniqueFd{};
    if (!fd) return fd.error();
    const Result<void> written = write_all(system_->files, fd->get(), text_);
    if (!written) {
      static_cast<void>(system_->files.unlink_at(dir_, lock_path));
      return written.error();
    }
    return fd;
  }

  System* system_;
  int dir_;
  std::string path_;
  UniqueFd fd_;
  std::string text_;  // who holds the lock
};

}  // namespace

Result<bool> PosixLockOps::try_lock(int fd, KernelLock kind, LockMode mode) {
  const bool shared = mode == LockMode::Shared;
  int outcome = 0;
  if (kind == KernelLock::Fcntl) {
    // The open-file kind: it meets the locks of other programs like the classic one, but is not
    // lost when another descriptor of the same file is closed.
    struct flock range {};
    range.l_type = shared ? F_RDLCK : F_WRLCK;
    range.l_whence = SEEK_SET;
    outcome = ::fcntl(fd, F_OFD_SETLK, &range);
  } else if (kind == KernelLock::Flock) {
    outcome = ::flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB);
  }
  if (outcome == 0) return true;
  if (errno == EAGAIN || errno == EACCES || errno == EINTR) return false;
  return Error::from_errno(errno, "lock");
}

bool PosixLockOps::process_exists(pid_t pid) {
  return ::kill(pid, 0) == 0 || errno != ESRCH;
}

void PosixLockOps::sleep(std::chrono::milliseconds time) {
  std::this_thread::sleep_for(time);
}

Result<MboxLockPolicy> MboxLockPolicy::parse(std::string_view words) {
  const Error wrong = Error::later("no way to lock an mbox: " + std::string{words});
  MboxLockPolicy policy{false, KernelLock::None};
  bool after_kernel = false;  // a lock of the kernel's, then the dot-lock: no other may follow
  for (const std::string_view word : ascii::split(words, ',')) {
    if (word == "dotlock") {
      if (policy.dot_lock) return wrong;
      policy.dot_lock = true;
      policy.kernel_first = after_kernel = policy.kernel != KernelLock::None;
      continue;
    }
    if (word != "fcntl" && word != "flock") return wrong;
    const KernelLock kind = word == "fcntl" ? KernelLock::Fcntl : KernelLock::Flock;
    if (after_kernel || kind == policy.kernel || policy.second != KernelLock::None) return wrong;
    (policy.kernel == KernelLock::None ? policy.kernel : policy.second) = kind;
  }
  return policy;
}

bool LockWait::again() {
  if (left_.count() <= 0) return false;
  const std::chrono::milliseconds now = std::min(step_, left_);
  ops_->sleep(now);
  left_ -= now;
  step_ = std::min(step_ * 2, kMaxStep);
  return true;
}

Result<bool> lock_file(LockOps& ops, int fd, KernelLock kind, LockMode mode, LockWait& wait) {
  if (kind == KernelLock::None) return true;
  for (;;) {
    const bool locked = LBX_TRY(ops.try_lock(fd, kind, mode));
    if (locked) return true;
    if (!wait.again()) return false;
  }
}

Result<bool> still_named(FileOps& files, int dir, const std::string& path, int fd) {
  const struct stat ours = LBX_TRY(files.stat_fd(fd));
  const Result<struct stat> named = files.stat_at(dir, path);
  if (!named && named.error().os_error == ENOENT) return false;
  if (!named) return named.error();
  return named->st_ino == ours.st_ino && named->st_dev == ours.st_dev;
}

Result<bool> can_hold_both(System& system, LockOps& ops, int dir, const std::string& path) {
  const std::size_t leaf = path.rfind('/') + 1;  // npos + 1 is 0
  const std::string probe = path.substr(0, leaf) + '.' + path.substr(leaf) + ".probe." +
                            ascii::to_hex(system.randomness.bits64(), 16);
  const UniqueFd file =
      LBX_TRY(system.files.open_at(dir, probe, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  static_cast<void>(system.files.unlink_at(dir, probe));
  bool both = true;
  for (const KernelLock each : {KernelLock::Fcntl, KernelLock::Flock}) {
    const Result<bool> locked = ops.try_lock(file.get(), each, LockMode::Exclusive);
    both = both && locked && *locked;
  }
  return both;
}

Result<std::optional<DotLock>> DotLock::acquire(System& system, LockOps& ops, int dir,
                                                const std::string& path, LockWait& wait,
                                                LockMode mode) {
  const std::string lock_path = path + ".lock";
  Candidate candidate = LBX_TRY(Candidate::make(system, dir, lock_path, mode));
  for (;;) {
    UniqueFd claimed = LBX_TRY(candidate.claim(lock_path));
    if (claimed) return std::optional<DotLock>{DotLock{system, dir, lock_path, std::move(claimed)}};
    if (remove_stale(system, ops, dir, lock_path)) continue;
    if (!wait.again()) return std::optional<DotLock>{};
  }
}

DotLock::DotLock(DotLock&& other) noexcept
    : system_{other.system_},
      dir_{other.dir_},
      path_{std::exchange(other.path_, {})},
      file_{std::move(other.file_)} {}

DotLock::~DotLock() {  // NOLINT(bugprone-exception-escape): see lock.h
  if (path_.empty()) return;
  FileOps& files = system_->files;
  const Result<struct stat> named = files.stat_at(dir_, path_, AT_SYMLINK_NOFOLLOW);
  const Result<struct stat> ours = files.stat_fd(file_.get());
  if (named && ours && named->st_ino == ours->st_ino && named->st_dev == ours->st_dev) {
    static_cast<void>(files.unlink_at(dir_, path_));
  }
}

}  // namespace lbx
