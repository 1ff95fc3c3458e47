// SPDX-License-Identifier: MIT
// Running another program: no shell, no search along PATH, only the descriptors that are named. A
// child stays in our process group, so that whoever ends us for taking too long ends it too; one
// that must not be able to hold us gets a group of its own and a guard (supervised.h).
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/file_ops.h"
#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"

namespace lbx {

/// Octets that are still taken from a program's output once it has ended: what a pipe holds at
/// most. A process that it left behind may write on for ever.
inline constexpr std::size_t kMaxTrailingOutput = std::size_t{1024} * 1024;

/// The child's descriptor `target` is our `source`.
struct Redirection {
  int source;
  int target;
};

/// What a child may use, itself and each of its own children; 0: no limit of ours. A hard limit
/// that is lower already stays.
struct ResourceLimits {
  std::uint64_t memory{0};     // octets of data, as setrlimit(2) counts them: RLIMIT_DATA
  std::uint64_t processes{0};  // of its user, in all: RLIMIT_NPROC
};

struct Command {
  std::vector<std::string> argv;  // argv[0] is the path of the program
  Environment environment;        // all of it
  std::vector<Redirection> redirections{};
  int directory{AT_FDCWD};  // to run in
  int exec_failed{111};     // the child's status where the program cannot be started
  int exec_never{0};        // the same where trying again is no use; 0: exec_failed
  ResourceLimits limits{};
  /// A pipe that gets the child's process number, which is then that of a process group of its
  /// own, before the program begins; -1: it stays in our group.
  int announce{-1};
};

/// How a child ended: with a status, or by a signal.
struct ExitStatus {
  bool crashed;
  int code;  // the status, or the number of the signal
};

/// Something that may ring while a child is watched: a descriptor that becomes readable, -1 for
/// none, and what to do then. That has to make it unreadable again.
struct Alarm {
  int fd{-1};
  std::function<Result<void>()> rang{};
};

/// A running child. One that is never waited for stays a zombie until we end.
class Child {
 public:
  explicit Child(pid_t pid) : pid_{pid} {}
  Child(Child&& other) noexcept : pid_{std::exchange(other.pid_, -1)} {}
  Child& operator=(Child&&) = delete;
  ~Child() = default;
  pid_t pid() const { return pid_; }

  Result<ExitStatus> wait() &&;
  /// The same, after watch().
  Result<ExitStatus> wait(FileOps& files, UniqueFd output,
                          const std::function<void(std::string_view)>& take) &&;
  /// Returns when the child has ended, even where others still hold the writing end of `output`, a
  /// pipe (or none) that `take` gets everything from. The child has not been waited for then.
  Result<void> watch(FileOps& files, UniqueFd output,
                     const std::function<void(std::string_view)>& take, const Alarm& alarm = {});

 private:
  pid_t pid_;
};

/// SIGPIPE and SIGXFSZ are ignored: write(2) tells as well that nobody reads, or that a file would
/// exceed RLIMIT_FSIZE, which mail systems set.
void ignore_write_signals();
/// Undoes that before exec, which would keep it. Async-signal-safe.
void restore_write_signals();

/// Starts it with those signals restored and an empty signal mask. Descriptors
/// that are not named are inherited unless they are close-on-exec, as all of ours are.
Result<Child> spawn(const Command& command);

/// Readable once the process has ended; close-on-exec.
Result<UniqueFd> open_process(pid_t pid);

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

/// Both ends close-on-exec.
Result<Pipe> make_pipe();

}  // namespace lbx
