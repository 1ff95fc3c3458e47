// SPDX-License-Identifier: MIT
#include "deliver/hook.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>

#include "core/base/io.h"
#include "core/base/log.h"
#include "core/base/supervised.h"
#include "core/control/settings.h"
#include "core/message/spool.h"
#include "deliver/program_environment.h"

namespace lbx::deliver {
namespace {

constexpr const char* kWaiting = ".letterbox/hook";      // the file names; locked while in use
constexpr const char* kRunning = ".letterbox/hook.run";  // locked as long as the command runs
constexpr int kHome = 3;

void complain(const std::string& what) {
  log_to_system("delivery-hook", {{"problem", what}});
}

/// `path` from the root, on one line.
std::string absolute(const std::string& home, std::string path) {
  if (path.starts_with("./")) path.erase(0, 2);
  if (!path.starts_with('/')) path.insert(0, home + '/');
  std::ranges::replace(path, '\n', '?');
  return path;
}

Result<UniqueFd> open_locked(System& system, const char* path, std::chrono::milliseconds patience) {
  UniqueFd file = LBX_TRY(system.files.open_at(
      kHome, path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0600));
  PosixLockOps locks;
  LockWait wait{locks, patience};
  const bool locked =
      LBX_TRY(lock_file(locks, file.get(), KernelLock::Flock, LockMode::Exclusive, wait));
  return locked ? std::move(file) : UniqueFd{};
}

Result<UniqueFd> open_waiting(System& system) {
  UniqueFd file = LBX_TRY(open_locked(system, kWaiting, kMboxLockTimeout));
  if (!file) return Error::later("the list of files is locked");
  return file;
}

/// One run of the command over the names in `list`.
Result<void> run_once(System& system, const Settings& settings, const std::string& command,
                      const Environment& variables, const std::string& list) {
  const ProgramLimits limits = LBX_TRY(program_limits(settings));
  const UniqueFd names{::memfd_create("files", MFD_CLOEXEC)};
  if (!names) return Error::from_errno(errno, "memfd_create");
  LBX_TRY(write_all(system.files, names.get(), list));
  LBX_TRY(rewind(names.get()));

  Command program{{"/bin/sh", "-c", command}, variables};
  const std::size_t last = list.rfind('\n', list.size() - 2) + 1;  // npos + 1 is 0
  program.environment["LETTERBOX_FILE"] = list.substr(last, list.size() - 1 - last);
  program.redirections = {{names.get(), STDIN_FILENO}};
  program.directory = kHome;
  program.limits = limits.resources;
  std::string said;
  const Supervised ended =
      LBX_TRY(run_supervised(system.files, program, limits.time, [&](std::string_view more) {
        said += more.substr(0, limits.output - std::min(limits.output, said.size()));
      }));
  if (ended.timed_out) return Error::later("it took too long");
  if (ended.status.crashed || ended.status.code != 0) {
    return Error::later("it ended with " + std::to_string(ended.status.code) + ": " + said);
  }
  return {};
}

/// Notes the names; then, if nobody else does, runs the command until none is left.
Result<void> notify(System& system, const Settings& settings, const std::string& command,
                    const Environment& variables, const std::string& names) {
  const Result<void> made = system.files.make_directory(kHome, kNotesFolder, 0700);
  if (!made && made.error().os_error != EEXIST) return made.error();
  UniqueFd waiting = LBX_TRY(open_waiting(system));
  const struct stat status = LBX_TRY(system.files.stat_fd(waiting.get()));
  if (static_cast<std::size_t>(status.st_size) + names.size() <= kMaxHookOctets) {
    LBX_TRY(write_all(system.files, waiting.get(), names));
  }
  // Whoever runs it looks at the list once more before letting go, under the lock that we hold.
  const UniqueFd running = LBX_TRY(open_locked(system, kRunning, std::chrono::milliseconds{0}));
  if (!running) return {};
  for (;;) {
    if (!waiting) waiting = LBX_TRY(open_waiting(system));
    LBX_TRY(rewind(waiting.get()));
    const std::string list =
        LBX_TRY(read_whole(system.files, waiting.get(), 2 * kMaxHookOctets, kWaiting));
    if (list.empty()) return {};
    LBX_TRY(system.files.truncate(waiting.get(), 0));
    waiting.reset();
    const Result<void> ran = run_once(system, settings, command, variables, list);
    if (!ran) complain(ran.error().what);
  }
}

/// Nobody waits for us, and we hold nothing that anybody may wait for.
bool detach(int home) {
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || (home != kHome && ::dup2(home, kHome) < 0)) return false;
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::dup2(null, each) < 0) return false;
  }
  ::close_range(kHome + 1, std::numeric_limits<unsigned>::max(), 0);
  return ::fcntl(kHome, F_SETFD, FD_CLOEXEC) == 0;
}

}  // namespace

void run_hook(System& system, const Settings& settings, const Plan& plan, int home,
              const std::vector<std::string>& placed) {
  if (settings.control == nullptr || placed.empty()) return;
  const Result<std::string> command = settings.control->get(control::kDeliveryHook);
  if (!command) return complain(command.error().what);
  if (command->empty()) return;

  const pid_t pid = ::fork();
  if (pid < 0) return complain("no process for it");
  if (pid == 0) {
    // A grandchild, so that nobody has to wait for the command.
    if (::fork() == 0 && detach(home)) {
      std::string names;
      for (const std::string& each : placed) names += absolute(plan.request.home, each) + '\n';
      const Environment variables = program_environment(
          system.environment, settings, {{"USER", plan.request.user}, {"HOME", plan.request.home}});
      const Result<void> done = notify(system, settings, *command, variables, names);
      if (!done) complain(done.error().what);
    }
    ::_exit(0);
  }
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace lbx::deliver
