// SPDX-License-Identifier: MIT
// qmail-queue: a message on descriptor 0 and its envelope on 1, into the queue. See qmail-queue(8).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "core/wire/queue_client.h"
#include "inject/queue_intake.h"
#include "queue/direct_queue.h"
#include "service/program.h"

namespace {

using namespace lbx;
using inject::QueueEntrance;
using inject::QueueStatus;

constexpr unsigned kDay = 86'400;
constexpr int kTextDescriptor = 6;
// A queue that is starting has its store before its door; another of us has it for a moment.
constexpr int kAttempts = 20;
constexpr int kPatienceMs = 500;

/// CONTRACT 1.6.
void take_signals() {
  static constexpr std::array kIgnored{SIGINT,  SIGQUIT,   SIGHUP,  SIGPIPE,
                                       SIGPROF, SIGVTALRM, SIGXCPU, SIGXFSZ};
  static constexpr std::array kFatal{SIGILL, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS};
  for (const int each : kIgnored) static_cast<void>(std::signal(each, SIG_IGN));
  for (const int each : kFatal) {
    static_cast<void>(std::signal(each, [](int) { ::_exit(static_cast<int>(QueueStatus::Bug)); }));
  }
  static_cast<void>(
      std::signal(SIGALRM, [](int) { ::_exit(static_cast<int>(QueueStatus::TimeOver)); }));
  ::alarm(kDay);
}

/// Both keep the door, or the store, until the intake ends.
template <typename Way>
QueueEntrance entrance_of(std::shared_ptr<Way> way) {
  return {[way] { return way->spool_file(); },
          [way](const wire::DoorEnvelope& envelope, UniqueFd message) {
            return way->submit(envelope, std::move(message));
          }};
}

Error not_running() {
  return Error::later("the queue is not running (#4.3.2)");
}

/// Whoever submits is the user who runs us, also where somebody has installed us as qmail's
/// qmail-queue was, with a set-user-id bit; the rights of that are for the store alone.
Result<wire::QueueDoor> connect_as_caller(const std::string& path) {
  const uid_t effective = ::geteuid();
  if (effective == ::getuid()) return wire::QueueDoor::connect(path);
  if (::seteuid(::getuid()) != 0) return Error::from_errno(errno, "seteuid");
  Result<wire::QueueDoor> door = wire::QueueDoor::connect(path);
  if (::seteuid(effective) != 0) return Error::from_errno(errno, "seteuid");
  return door;
}

/// The queue's door; where nobody is behind it, the store itself.
Result<QueueEntrance> find_queue(System& system) {
  const std::string door_path = mail_home(system.environment) + "/run/queue.sock";
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Result<wire::QueueDoor> door = connect_as_caller(door_path);
    if (door) return entrance_of(std::make_shared<wire::QueueDoor>(std::move(door).value()));
    const int why = door.error().os_error;
    if (why != ENOENT && why != ECONNREFUSED) return not_running();
    Result<std::unique_ptr<queue::DirectQueue>> direct =
        queue::DirectQueue::open(system, ::getuid(), kPatienceMs);
    if (direct) {
      return entrance_of(std::shared_ptr<queue::DirectQueue>{std::move(direct).value()});
    }
    if (direct.error().os_error != EWOULDBLOCK) return not_running();
  }
  return not_running();
}

/// To a caller who has a pipe for it there; any other descriptor 6 is none of our business.
bool explain(System& system, std::string_view text) {
  const Result<struct stat> status = system.files.stat_fd(kTextDescriptor);
  const bool pipe = status && (S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode));
  text = text.substr(0, wire::kMaxQueueText);
  return pipe && !text.empty() && write_all(system.files, kTextDescriptor, text).has_value();
}

Result<int> queue_main(System& system, int /*argc*/, char** /*argv*/) {
  take_signals();
  const std::string home = mail_home(system.environment);
  if (!system.files.open_at(AT_FDCWD, home, O_PATH | O_DIRECTORY)) {
    return static_cast<int>(QueueStatus::NoHome);
  }
  inject::QueueIntake intake{system, [&] { return find_queue(system); }};
  QueueStatus status = intake.run(STDIN_FILENO, STDOUT_FILENO);
  if (status != QueueStatus::Queued && explain(system, intake.text())) {
    status = QueueStatus::Explained;
  }
  return static_cast<int>(status);
}

/// What is thrown is exhausted memory, or a bug of ours: try again.
constexpr ExitCodes kExitCodes{static_cast<int>(QueueStatus::NoMemory),
                               static_cast<int>(QueueStatus::NoMemory)};

}  // namespace

int main(int argc, char** argv) {
  return run_program("qmail-queue", kExitCodes, queue_main, argc, argv);
}
