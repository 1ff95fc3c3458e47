// SPDX-License-Identifier: MIT
#include "service/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>

#include "core/base/log.h"
#include "core/base/unique_fd.h"
#include "core/base/user.h"

namespace lbx {
namespace {

// Landlock's rights by version; the kernel's header may be older than the kernel.
constexpr std::uint64_t kFsRights1 = (std::uint64_t{1} << 13U) - 1;
constexpr std::uint64_t kFsRefer = std::uint64_t{1} << 13U;     // version 2
constexpr std::uint64_t kFsTruncate = std::uint64_t{1} << 14U;  // version 3
constexpr std::uint64_t kNetRights = 3;                         // version 4: bind, connect
constexpr std::uint64_t kFsIoctl = std::uint64_t{1} << 15U;     // version 5
constexpr std::uint64_t kScopes = 3;                            // version 6: sockets, signals
// What nobody needs in a mailbox.
constexpr std::uint64_t kNeverWanted = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                       LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                                       LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                       LANDLOCK_ACCESS_FS_MAKE_SYM | kFsIoctl;
constexpr std::uint64_t kReading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
// What a rule about a file may hold.
constexpr std::uint64_t kFileRights =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kFsTruncate;

struct LandlockRules {
  std::uint64_t fs;
  std::uint64_t net;
  std::uint64_t scoped;
};

/// What the kernel's version has of it, and how many octets of it that version knows.
LandlockRules rules_for(long version) {
  LandlockRules rules{kFsRights1, 0, 0};
  if (version >= 2) rules.fs |= kFsRefer;
  if (version >= 3) rules.fs |= kFsTruncate;
  if (version >= 4) rules.net = kNetRights;
  if (version >= 5) rules.fs |= kFsIoctl;
  if (version >= 6) rules.scoped = kScopes;
  return rules;
}

std::size_t size_for(long version) {
  if (version >= 6) return sizeof(LandlockRules);
  return version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

/// What Landlock lets a process have of the file system.
struct Places {
  std::vector<std::string> folders{};   // to work in
  std::vector<std::string> readable{};  // files and folders
};

Result<void> allow_below(int ruleset, const std::string& place, std::uint64_t rights) {
  const UniqueFd open{::open(place.c_str(), O_PATH | O_CLOEXEC)};
  if (!open && errno == ENOENT) return {};  // what is not there cannot be opened either
  if (!open) return Error::from_errno(errno, place);
  struct stat status {};
  if (::fstat(open.get(), &status) != 0) return Error::from_errno(errno, place);
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(status.st_mode) ? rights : rights & kFileRights;
  rule.parent_fd = open.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) {
    return {};
  }
  return Error::from_errno(errno, "landlock_add_rule");
}

/// Nothing of the file system but these.
Result<void> restrict_files(const Places& places) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0},
                                 LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) {
    log("sandbox", {{"lacks", "Landlock"}});
    return {};
  }
  const LandlockRules rules = rules_for(version);
  const UniqueFd ruleset{
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size_for(version), 0))};
  if (!ruleset) return Error::from_errno(errno, "landlock_create_ruleset");
  for (const std::string& each : places.folders) {
    LBX_TRY(allow_below(ruleset.get(), each, rules.fs & ~kNeverWanted));
  }
  for (const std::string& each : places.readable) {
    LBX_TRY(allow_below(ruleset.get(), each, kReading));
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0) return {};
  return Error::from_errno(errno, "landlock_restrict_self");
}

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

void add(const Filter& filter, std::uint32_t action, const char* name) {
  const int call = seccomp_syscall_resolve_name(name);
  if (call != __NR_SCMP_ERROR) {
    static_cast<void>(seccomp_rule_add(filter.get(), action, call, 0));
  }
}

Result<void> load(const Filter& filter) {
  const int failed = seccomp_load(filter.get());
  if (failed == 0) return {};
  if (failed != -EINVAL && failed != -ENOSYS) return Error::from_errno(-failed, "seccomp");
  log("sandbox", {{"lacks", "seccomp"}});
  return {};
}

// All that an event loop over descriptors, memory, time and random numbers need.
constexpr auto kDescriptorCalls = std::to_array<const char*>({
    "accept",
    "accept4",
    "brk",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "dup",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "eventfd2",
    "exit",
    "exit_group",
    "fcntl",
    "fstat",
    "futex",
    "getpeername",
    "getpid",
    "getrandom",
    "getsockname",
    "getsockopt",
    "gettid",
    "gettimeofday",
    "ioctl",
    "lseek",
    "madvise",
    "mremap",
    "munmap",
    "nanosleep",
    "pipe2",  // as harmless as socketpair; sanitizers look at memory through a pipe
    "poll",
    "ppoll",
    "pread64",
    "read",
    "readv",
    "recvfrom",
    "recvmsg",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_yield",
    "sendmsg",
    "sendto",
    "set_robust_list",
    "setsockopt",
    "shutdown",
    "sigaltstack",
    "socketpair",
    "tgkill",
    "timerfd_create",
    "timerfd_settime",
    "write",
    "writev",
});

// What core/message/spool.h does beside, and libuuid for its random numbers.
constexpr auto kSpoolCalls = std::to_array<const char*>({
    "getppid",
    "getuid",
    "memfd_create",
    "newfstatat",
    "openat",
    "unlinkat",
});

// What SQLite, files of the spool area and threads need beside.
constexpr auto kStoreCalls = std::to_array<const char*>({
    "access",     "fallocate",    "fchmod",
    "fchown",     "fdatasync",    "fstatfs",
    "fsync",      "ftruncate",    "getcwd",
    "getdents64", "getegid",      "geteuid",
    "getgid",     "getppid",      "getrusage",
    "getuid",     "link",         "linkat",
    "lstat",      "memfd_create", "mkdirat",
    "newfstatat", "open",         "openat",
    "prctl",      "prlimit64",    "pwrite64",
    "readlink",   "readlinkat",   "rename",
    "renameat",   "renameat2",    "sched_getaffinity",
    "stat",       "statfs",       "sync_file_range",
    "unlink",     "unlinkat",
});

constexpr auto kNotForSessions = std::to_array<const char*>({
    "accept",
    "accept4",
    "bind",
    "connect",
    "execve",
    "execveat",
    "fork",
    "io_uring_setup",
    "listen",
    "kexec_load",
    "mount",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "socket",
    "unshare",
    "vfork",
    "bpf",
    "keyctl",
    "add_key",
    "request_key",
    "perf_event_open",
});

/// Threads, and no processes. What clone3 is asked for cannot be seen: the C library does without.
void allow_threads(const Filter& filter) {
  static_cast<void>(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                     SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)));
  add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3");
}

/// `more`: calls beside those on descriptors.
Result<void> allow_only_descriptors(std::span<const char* const> more, bool threads = false) {
  const Filter filter{seccomp_init(SCMP_ACT_ERRNO(EPERM))};
  if (!filter) return Error::later("seccomp");
  if (threads) allow_threads(filter);
  for (const char* const each : kDescriptorCalls) add(filter, SCMP_ACT_ALLOW, each);
  for (const char* const each : more) add(filter, SCMP_ACT_ALLOW, each);
  // Memory, but none that can be executed.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    static_cast<void>(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 1,
                                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)));
  }
  return load(filter);
}

Result<void> forbid_programs_and_sockets() {
  const Filter filter{seccomp_init(SCMP_ACT_ALLOW)};
  if (!filter) return Error::later("seccomp");
  for (const char* const each : kNotForSessions) add(filter, SCMP_ACT_ERRNO(EPERM), each);
  return load(filter);
}

}  // namespace

Result<void> confine_to_descriptors() {
  LBX_TRY(forbid_new_privileges());
  LBX_TRY(restrict_files({}));
  return allow_only_descriptors({});
}

Result<void> confine_to_spool(const std::string& folder) {
  LBX_TRY(forbid_new_privileges());
  LBX_TRY(restrict_files({{folder}}));
  return allow_only_descriptors(kSpoolCalls);
}

Result<void> confine_to_store(const std::string& folder, const std::vector<std::string>& readable) {
  LBX_TRY(forbid_new_privileges());
  LBX_TRY(restrict_files({{folder}, readable}));
  return allow_only_descriptors(kStoreCalls, true);
}

Result<void> confine_to_folders(const std::vector<std::string>& folders) {
  LBX_TRY(forbid_new_privileges());
  LBX_TRY(restrict_files({folders}));
  return forbid_programs_and_sockets();
}

}  // namespace lbx
