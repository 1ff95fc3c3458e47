// SPDX-License-Identifier: MIT
#include "core/base/process.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "core/base/errno_class.h"
#include "core/base/io.h"

namespace lbx {
namespace {

constexpr std::array kWriteSignals{SIGPIPE, SIGXFSZ};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& each : texts) out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> assignments(const Environment& environment) {
  std::vector<std::string> out;
  out.reserve(environment.size());
  for (const auto& [name, value] : environment) {
    std::string& text = out.emplace_back(name);
    (text += '=') += value;
  }
  return out;
}

/// Everything that exec needs, made before fork(): after it only async-signal-safe calls are ours.
struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::vector<Redirection> redirections;
  int directory;
  int exec_failed;
  int exec_never;
  ResourceLimits limits;
  int announce;
};

/// Sources are first moved out of the way of all targets, so that no dup2() hits one of them.
bool redirect(std::vector<Redirection>& redirections) {
  int above = 2;
  for (const Redirection& each : redirections) above = std::max(above, each.target);
  for (Redirection& each : redirections) {
    each.source = ::fcntl(each.source, F_DUPFD_CLOEXEC, above + 1);
    if (each.source < 0) return false;
  }
  return std::ranges::all_of(redirections, [](const Redirection& each) {
    return ::dup2(each.source, each.target) == each.target;
  });
}

/// Without a limit of ours, and where there is a lower one already, nothing changes.
template <typename Resource>
bool limit(Resource resource, std::uint64_t most) {
  struct rlimit now {};
  if (most == 0) return true;
  if (::getrlimit(resource, &now) != 0) return false;
  const rlim_t least = std::min<rlim_t>(most, now.rlim_max);
  const struct rlimit wanted { least, least };
  return ::setrlimit(resource, &wanted) == 0;
}

/// A group of its own, and whoever guards it knows it before there is anything to guard.
bool announce_group(int pipe) {
  if (pipe < 0) return true;
  const pid_t pid = ::getpid();
  return ::setpgid(0, 0) == 0 && ::write(pipe, &pid, sizeof pid) == sizeof pid;
}

[[noreturn]] void become(Prepared& program) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  restore_write_signals();
  const bool there = program.directory == AT_FDCWD || ::fchdir(program.directory) == 0;
  if (there && announce_group(program.announce) && redirect(program.redirections) &&
      limit(RLIMIT_DATA, program.limits.memory) && limit(RLIMIT_NPROC, program.limits.processes)) {
    ::execve(program.argv.front(), program.argv.data(), program.envp.data());
  }
  ::_exit(program.exec_never == 0 || is_temporary_errno(errno) ? program.exec_failed
                                                               : program.exec_never);
}

ExitStatus status_of(int status) {
  if (WIFEXITED(status)) return {false, WEXITSTATUS(status)};
  return {true, WTERMSIG(status)};
}

/// Takes what is there, at most once; false at the end of the pipe.
Result<bool> take_some(FileOps& files, int fd, const std::function<void(std::string_view)>& take,
                       std::size_t& taken) {
  std::array<char, 4096> chunk{};
  const Result<std::size_t> got = files.read(fd, chunk.data(), chunk.size());
  if (!got) {
    if (got.error().os_error == EAGAIN) return true;
    return got.error();
  }
  take({chunk.data(), *got});
  taken += *got;
  return *got > 0;
}

Result<void> wait_for_input(std::array<pollfd, 3>& fds) {
  while (::poll(fds.data(), fds.size(), -1) < 0) {
    if (errno != EINTR) return Error::from_errno(errno, "poll");
  }
  return {};
}

}  // namespace

Result<ExitStatus> Child::wait() && {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) return Error::from_errno(errno, "waitpid");
  }
  return status_of(status);
}

Result<ExitStatus> Child::wait(FileOps& files, UniqueFd output,
                               const std::function<void(std::string_view)>& take) && {
  LBX_TRY(watch(files, std::move(output), take));
  return std::move(*this).wait();
}

Result<void> Child::watch(FileOps& files, UniqueFd output,
                          const std::function<void(std::string_view)>& take, const Alarm& alarm) {
  const UniqueFd ended = LBX_TRY(open_process(pid_));
  if (output && ::fcntl(output.get(), F_SETFL, O_NONBLOCK) != 0) {
    return Error::from_errno(errno, "fcntl");
  }

  std::size_t taken = 0;
  for (;;) {
    std::array<pollfd, 3> fds{pollfd{output.get(), POLLIN, 0}, pollfd{ended.get(), POLLIN, 0},
                              pollfd{alarm.fd, POLLIN, 0}};
    LBX_TRY(wait_for_input(fds));
    if (fds[2].revents != 0) LBX_TRY(alarm.rang());
    const bool over = fds[1].revents != 0;
    if (fds[0].revents != 0) {
      const bool more = LBX_TRY(take_some(files, output.get(), take, taken));
      if (!more) output.reset();  // a child that has closed it may live on
      if (!over) taken = 0;       // it counts from the child's end on
    }
    if (over && (fds[0].revents == 0 || taken > kMaxTrailingOutput)) return {};
  }
}

void ignore_write_signals() {
  for (const int each : kWriteSignals) static_cast<void>(::signal(each, SIG_IGN));
}

void restore_write_signals() {
  for (const int each : kWriteSignals) static_cast<void>(::signal(each, SIG_DFL));
}

Result<Child> spawn(const Command& command) {
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> environment = assignments(command.environment);
  Prepared program{pointers(argv),    pointers(environment), command.redirections,
                   command.directory, command.exec_failed,   command.exec_never,
                   command.limits,    command.announce};
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "fork");
  if (pid == 0) become(program);
  return Child{pid};
}

Result<UniqueFd> open_process(pid_t pid) {
  // By syscall(2): the header of glibc 2.36 does not give the function C linkage.
  UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) return Error::from_errno(errno, "pidfd_open");
  return process;
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno(errno, "pipe");
  return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

}  // namespace lbx
