// SPDX-License-Identifier: MIT
// Running another program: no shell, no search along PATH, only the descriptors that are named. A
// child stays in our process group on purpose: whoever ends us for taking too long ends it too.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

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

struct Command {
  std::vector<std::string> argv;  // argv[0] is the path of the program
  Environment environment;        // all of it
  std::vector<Redirection> redirections{};
  int directory{AT_FDCWD};  // to run in
  int exec_failed{111};     // the child's status where the program cannot be started
};

/// How a child ended: with a status, or by a signal.
struct ExitStatus {
  bool crashed;
  int code;  // the status, or the number of the signal
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
  /// The same, while `take` gets what comes out of `output`, the reading end of a pipe. Returns
  /// when the child has ended, even where others still hold the writing end.
  Result<ExitStatus> wait(FileOps& files, UniqueFd output,
                          const std::function<void(std::string_view)>& take) &&;

 private:
  pid_t pid_;
};

/// Starts it with default signal dispositions for SIGPIPE and an empty signal mask. Descriptors
/// that are not named are inherited unless they are close-on-exec, as all of ours are.
Result<Child> spawn(const Command& command);

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

/// Both ends close-on-exec.
Result<Pipe> make_pipe();

}  // namespace lbx
