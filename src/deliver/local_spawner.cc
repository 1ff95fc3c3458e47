// SPDX-License-Identifier: MIT
#include "deliver/local_spawner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>
#include <vector>

#include "core/base/errno_class.h"
#include "core/base/io.h"
#include "core/base/log.h"
#include "core/base/mail_home.h"
#include "core/base/user.h"
#include "core/users/lookup_status.h"
#include "deliver/local_run.h"

namespace lbx::deliver {
namespace {

constexpr int kDeliveryLater = 111;

constexpr const char* kNoProcess = "ZUnable to start a delivery process. (#4.3.0)\n";

/// Message on descriptor 0, report on 1 and 2, nothing else from here on.
bool take_descriptors(int message, int output) {
  if (::dup2(message, STDIN_FILENO) < 0) return false;
  if (::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0) return false;
  return ::close_range(STDERR_FILENO + 1, UINT_MAX, 0) == 0;
}

void poll_for_input(std::vector<pollfd>& fds, int fd) {
  fds.push_back({fd, POLLIN, 0});
}

}  // namespace

LocalSpawner::LocalSpawner(System& system, users::Resolver& resolver, LocalSpawnerOptions options)
    : system_{system}, resolver_{resolver}, options_{std::move(options)} {}

Result<void> LocalSpawner::serve() {
  const std::string capacity(1, static_cast<char>(kMaxSpawned));
  written_ = write_all(system_.files, options_.reports, capacity);
  while (written_ && (reading_ || !running_.empty())) {
    bool commands_ready = false;
    LBX_TRY(wait_for_events(commands_ready));
    if (commands_ready) read_commands();
  }
  return written_;
}

/// Waits for something, and takes what deliveries say and how they end.
Result<void> LocalSpawner::wait_for_events(bool& commands_ready) {
  std::vector<pollfd> fds;
  poll_for_input(fds, reading_ ? options_.commands : -1);
  std::vector<unsigned char> slots;
  for (const auto& [slot, delivery] : running_) {
    slots.push_back(slot);
    poll_for_input(fds, delivery.output.get());
    poll_for_input(fds, delivery.ended.get());
  }
  while (::poll(fds.data(), fds.size(), -1) < 0) {
    if (errno != EINTR) return Error::from_errno(errno, "poll");
  }
  commands_ready = fds.front().revents != 0;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (fds[2 * i + 1].revents != 0) read_output(running_.at(slots[i]));
    if (fds[2 * i + 2].revents == 0) continue;
    Delivery ended = std::move(running_.extract(slots[i]).mapped());
    finish(slots[i], std::move(ended));
  }
  return {};
}

void LocalSpawner::read_commands() {
  std::array<char, 4096> chunk{};
  const Result<std::size_t> got = system_.files.read(options_.commands, chunk.data(), chunk.size());
  if (!got && got.error().os_error == EAGAIN) return;
  if (!got || *got == 0) {
    reading_ = false;
    return;
  }
  reader_.feed({chunk.data(), *got}, [this](const SpawnCommand& command) { take(command); });
}

void LocalSpawner::take(const SpawnCommand& command) {
  const unsigned char slot = command.slot;
  if (slot >= kMaxSpawned) return report(slot, "ZThere is no such delivery slot. (#4.3.5)\n");
  if (running_.contains(slot)) return report(slot, "ZThe delivery slot is in use. (#4.3.5)\n");
  const std::string refusal = spawn_refusal(command);
  if (!refusal.empty()) return report(slot, refusal);
  const Result<std::string> ended = start(command);
  if (!ended) {
    log("delivery-process", {{"why", ended.error().what}});
    return report(slot, kNoProcess);
  }
  if (!ended->empty()) report(slot, *ended);
}

/// The report, where there is nothing more to do.
Result<std::string> LocalSpawner::start(const SpawnCommand& command) {
  const Result<UniqueFd> message = open_message(command.message);
  if (!message) return "Z" + message.error().what + ". (#4.3.0)\n";
  if (command.recipient.rfind('@') == 0) return std::string{"K"};  // CONTRACT 1.2: no local part

  resolver_.refresh();
  Pipe pipe = LBX_TRY(make_pipe());
  if (::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK) != 0) {
    return Error::from_errno(errno, "fcntl");
  }
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "fork");
  if (pid == 0) be_delivery(command, message->get(), pipe.write_end.get());
  Result<UniqueFd> ended = open_process(pid);
  if (!ended) {  // it goes on, but nobody could say how
    static_cast<void>(::kill(pid, SIGKILL));
    static_cast<void>(Child{pid}.wait());
    return ended.error();
  }
  running_.emplace(command.slot,
                   Delivery{pid, std::move(ended).value(), std::move(pipe.read_end), {}});
  return std::string{};
}

Result<UniqueFd> LocalSpawner::open_message(const std::string& name) const {
  Result<UniqueFd> file =
      system_.files.open_at(options_.messages, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
  if (!file) return Error::later("The queued message cannot be opened");
  const Result<struct stat> status = system_.files.stat_fd(file->get());
  if (!status || !S_ISREG(status->st_mode)) {
    return Error::later("The queued message is no regular file");
  }
  if (status->st_uid != options_.queue_owner) {
    return Error::later("The queued message has another owner than the queue");
  }
  return file;
}

void LocalSpawner::be_delivery(const SpawnCommand& command, int message, int output) {
  int status = kDeliveryLater;
  try {
    status = run_delivery(command, message, output);
  } catch (...) {
    status = kDeliveryLater;  // a bug delays mail
  }
  ::_exit(status);
}

int LocalSpawner::run_delivery(const SpawnCommand& command, int message, int output) {
  const std::size_t at = command.recipient.rfind('@');
  const Result<users::Resolution> found =
      resolver_.resolve_local(command.recipient.substr(0, at), command.recipient.substr(at + 1));
  if (!found) {
    log("lookup", {{"to", command.recipient}, {"why", found.error().what}});
    return users::lookup_status(found.error());
  }
  const users::Controller& who = found->controller;
  const Result<void> became = become_user(who.account.uid, who.account.gid);
  if (!became) {
    log("no-user", {{"to", command.recipient}, {"why", became.error().what}});
    return users::kStatusTemporary;
  }
  if (!take_descriptors(message, output)) return users::kStatusTemporary;
  ::umask(077);
  const Request request{
      who.account.name, who.account.home, found->local,   who.dash,
      who.ext,          found->host,      command.sender, options_.default_delivery};
  if (const auto program = lookup(system_.environment, "QMAILLOCAL")) {
    return run_other(*program, request);
  }
  static_cast<void>(std::signal(SIGINT, SIG_IGN));  // as qmail-local
  System system{system_.files, system_.clock,     system_.randomness,
                ::getpid(),    system_.host_name, system_.environment};
  const Result<int> status = run_as_qmail_local(system, request, false, STDIN_FILENO);
  if (status) return *status;
  static_cast<void>(write_all(system.files, STDERR_FILENO, status.error().what + '\n'));
  return kDeliveryLater;
}

/// Becomes the program that delivers instead of us; a status where it cannot.
int LocalSpawner::run_other(const std::string& program, const Request& request) const {
  std::vector<std::string> words = local_arguments(program, request);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& each : words) argv.push_back(each.data());
  argv.push_back(nullptr);
  if (::chdir(mail_home(system_.environment).c_str()) != 0) return kLocalExecLater;
  restore_write_signals();
  ::execv(program.c_str(), argv.data());
  return is_temporary_errno(errno) ? kLocalExecLater : kLocalExecNever;
}

/// One piece of what it says; more than can be reported is read, and dropped.
void LocalSpawner::read_output(Delivery& delivery) const {
  std::array<char, 4096> chunk{};
  const Result<std::size_t> got =
      system_.files.read(delivery.output.get(), chunk.data(), chunk.size());
  if (!got && got.error().os_error == EAGAIN) return;
  if (!got || *got == 0) return delivery.output.reset();
  const std::size_t room =
      kMaxSpawnReport + 1 - std::min(delivery.text.size(), kMaxSpawnReport + 1);
  delivery.text.append(chunk.data(), std::min(*got, room));
}

/// What it wrote before its end is in the pipe already; whoever still holds the other end may write
/// on, unheard.
void LocalSpawner::finish(unsigned char slot, Delivery delivery) {
  while (delivery.output && delivery.text.size() <= kMaxSpawnReport) {
    const std::size_t before = delivery.text.size();
    read_output(delivery);
    if (delivery.text.size() == before) break;
  }
  const Result<ExitStatus> status = Child{delivery.pid}.wait();
  report(slot, status ? local_report(*status, delivery.text) : std::string{kNoProcess});
}

void LocalSpawner::report(unsigned char slot, std::string_view text) {
  if (written_) written_ = write_all(system_.files, options_.reports, spawn_report(slot, text));
}

}  // namespace lbx::deliver
