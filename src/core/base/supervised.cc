// SPDX-License-Identifier: MIT
#include "core/base/supervised.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <limits>
#include <utility>

#include "core/base/timer.h"

namespace lbx {
namespace {

using std::chrono::milliseconds;

/// How often a guard looks whether there is still anything to guard.
constexpr milliseconds kLook{1000};
constexpr milliseconds kShortLook{50};

bool exists(pid_t group) {
  return ::kill(-group, 0) == 0 || errno == EPERM;
}

/// SIGTERM, and SIGKILL for whoever is still there a little later.
void end_group(pid_t group) {
  if (::kill(-group, SIGTERM) != 0) return;
  for (milliseconds left = kTerminationGrace; left.count() > 0 && exists(group);
       left -= kShortLook) {
    const timespec pause{0, std::chrono::nanoseconds{kShortLook}.count()};
    ::nanosleep(&pause, nullptr);
  }
  ::kill(-group, SIGKILL);
}

bool is_readable(int fd, milliseconds wait) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(wait.count())) > 0;
}

/// What the guard does, until nothing is left of the group. No descriptor of ours is held: whoever
/// runs us may wait for the ends of its pipes.
void watch_over(int owner, milliseconds time) {
  if (::dup2(owner, 0) != 0 || ::chdir("/") != 0) return;
  ::close_range(1, std::numeric_limits<unsigned>::max(), 0);
  pid_t group = 0;
  if (::read(0, &group, sizeof group) != sizeof group) return;  // nothing has been started
  const Result<Timer> timer = Timer::after(time + 2 * kTerminationGrace);
  if (!timer) return end_group(group);

  std::array<pollfd, 2> fds{pollfd{0, POLLIN, 0}, pollfd{timer->fd(), POLLIN, 0}};
  while (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
  }
  char word = 0;
  if (fds[1].revents != 0 || ::read(0, &word, 1) != 1) return end_group(group);
  while (exists(group)) {  // the program has ended; these are what it left behind
    if (is_readable(timer->fd(), kLook)) return end_group(group);
  }
}

/// The process that ends the group when we no longer can.
class Guard {
 public:
  static Result<Guard> start(milliseconds time) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      return Error::from_errno(errno, "socketpair");
    }
    Guard guard{UniqueFd{ends[0]}};
    const UniqueFd theirs{ends[1]};
    const pid_t pid = ::fork();
    if (pid < 0) return Error::from_errno(errno, "fork");
    if (pid == 0) {
      ::setsid();  // what is sent to our group does not reach it
      watch_over(theirs.get(), time);
      ::_exit(0);
    }
    guard.pid_ = pid;
    return guard;
  }

  int announce() const { return ours_.get(); }
  /// The program has ended. That the guard is gone, ended by the program, must not be a signal.
  /// With nothing left to guard it ends now, and is waited for: whoever is process 1 here may not
  /// like to inherit processes that it does not know. Else it outlives us.
  void release(pid_t group) {
    static_cast<void>(::send(ours_.get(), "e", 1, MSG_NOSIGNAL));
    if (exists(group)) return;
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

 private:
  explicit Guard(UniqueFd ours) : ours_{std::move(ours)} {}

  UniqueFd ours_;
  pid_t pid_{-1};
};

/// Sends SIGTERM at the first ring and SIGKILL at the next one.
class Deadline {
 public:
  Deadline(Timer& timer, pid_t group) : timer_{&timer}, group_{group} {}

  Result<void> ring() {
    ::kill(-group_, rung_ ? SIGKILL : SIGTERM);
    rung_ = true;
    return timer_->restart(kTerminationGrace);
  }
  bool rung() const { return rung_; }

 private:
  Timer* timer_;
  pid_t group_;
  bool rung_{false};
};

}  // namespace

Result<Supervised> run_supervised(FileOps& files, Command command, milliseconds time,
                                  const std::function<void(std::string_view)>& take) {
  Pipe output;
  if (take) {
    output = LBX_TRY(make_pipe());
    command.redirections.push_back({output.write_end.get(), STDOUT_FILENO});
    command.redirections.push_back({output.write_end.get(), STDERR_FILENO});
  }
  Guard guard = LBX_TRY(Guard::start(time));
  command.announce = guard.announce();
  Timer timer = LBX_TRY(Timer::after(time));
  Child child = LBX_TRY(spawn(command));
  output.write_end.reset();

  Deadline deadline{timer, child.pid()};
  LBX_TRY(child.watch(files, std::move(output.read_end), take,
                      {timer.fd(), [&deadline] { return deadline.ring(); }}));
  // Not yet waited for, so the number is still that of this group.
  if (deadline.rung()) ::kill(-child.pid(), SIGKILL);
  const pid_t group = child.pid();
  const ExitStatus status = LBX_TRY(std::move(child).wait());
  guard.release(group);
  return Supervised{status, deadline.rung()};
}

}  // namespace lbx
