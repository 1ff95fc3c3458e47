// SPDX-License-Identifier: MIT
// qmail-start: letterbox-queued with the manners of qmail's (CONTRACT 1.1). See qmail-start(8).
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/process.h"
#include "core/base/user.h"
#include "core/users/accounts.h"
#include "service/program.h"
#include "service/queue/queue_processes.h"

namespace {

using namespace lbx;

constexpr int kCannotStart = 111;
constexpr int kFirstLoggerWord = 2;

/// `words`: the logger and its arguments, and a null pointer.
[[noreturn]] void be_logger(char** words, const Pipe& pipe) {
  if (::geteuid() == 0) {
    users::SystemAccounts accounts;
    const Result<std::optional<users::Account>> user = accounts.by_name("qmaill");
    if (!user || !*user || !become_user((*user)->uid, (*user)->gid)) std::_Exit(kCannotStart);
  }
  if (::dup2(pipe.read_end.get(), STDIN_FILENO) >= 0) ::execvp(words[0], words);
  std::_Exit(kCannotStart);
}

/// A descriptor that the logger reads the other end of.
Result<UniqueFd> start_logger(char** words) {
  Pipe pipe = LBX_TRY(make_pipe());
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "fork");
  if (pid == 0) be_logger(words, pipe);
  return std::move(pipe.write_end);
}

Result<int> start_main(System& system, int argc, char** argv) {
  QueueOptions options;
  options.log = STDOUT_FILENO;
  options.bounces = ReportForm::Qsbmf;
  options.as_qmail_local = true;
  options.default_delivery = argc > 1 ? argv[1] : "./Mailbox";
  options.other_queue_user = "qmails";
  options.other_remote_user = "qmailr";
  UniqueFd logger;
  if (argc > kFirstLoggerWord) {
    logger = LBX_TRY(start_logger(argv + kFirstLoggerWord));
    options.log = logger.get();
  }
  return run_queue(system, options);
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-start", lbx::ExitCodes::qmail(), start_main, argc, argv);
}
