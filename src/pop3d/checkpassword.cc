// SPDX-License-Identifier: MIT
#include "pop3d/checkpassword.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "core/base/process.h"
#include "core/base/unique_fd.h"

namespace lbx::pop3d {
namespace {

constexpr int kCredentialsFd = 3;
constexpr int kCannotRun = 1;

[[noreturn]] void become_child(char** argv, int pipe_end) {
  // dup2() onto itself would leave close-on-exec set.
  const bool ready = pipe_end == kCredentialsFd ? ::fcntl(pipe_end, F_SETFD, 0) == 0
                                                : ::dup2(pipe_end, kCredentialsFd) >= 0;
  restore_write_signals();
  if (ready) ::execvp(argv[0], argv);
  ::_exit(kCannotRun);
}

/// The line length that sessions allow keeps this far below the size of a pipe: it cannot block.
/// A program that does not read its descriptor 3 decides without us.
void write_credentials(int fd, const Credentials& credentials, const std::string& timestamp) {
  std::string bytes = credentials.user + '\0' + credentials.secret + '\0' + timestamp + '\0';
  std::string_view rest{bytes};
  while (!rest.empty()) {
    const ssize_t put = ::write(fd, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace

Result<ChildEnd> run_checkpassword(char** argv, const Credentials& credentials,
                                   const std::string& timestamp) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error::from_errno(errno, "pipe");
  UniqueFd read_end{ends[0]};
  UniqueFd write_end{ends[1]};
  const pid_t child = ::fork();
  if (child < 0) return Error::from_errno(errno, "fork");
  if (child == 0) become_child(argv, read_end.get());
  read_end.reset();
  write_credentials(write_end.get(), credentials, timestamp);
  write_end.reset();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Error::from_errno(errno, "waitpid");
  }
  return ChildEnd{WIFSIGNALED(status), WIFEXITED(status) ? WEXITSTATUS(status) : kCannotRun};
}

}  // namespace lbx::pop3d
