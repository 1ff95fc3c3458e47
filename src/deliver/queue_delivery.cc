// SPDX-License-Identifier: MIT
#include "deliver/queue_delivery.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/mail_home.h"
#include "core/base/supervised.h"
#include "core/message/spool.h"
#include "deliver/attempt.h"
#include "deliver/engine.h"
#include "deliver/local_run.h"
#include "deliver/spawn_protocol.h"

namespace lbx::deliver {
namespace {

/// The beginning of what is said, as much as can be reported and one octet more: that it was cut
/// has to be said, too.
class Said {
 public:
  void add(std::string_view more) {
    text_ += more.substr(0, kMaxSpawnReport + 1 - std::min(text_.size(), kMaxSpawnReport + 1));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Answer later(const std::string& why) {
  return answer_later(why + " (#4.3.0)\n");
}

/// The program that delivers instead of us, as qmail-lspawn runs it.
Answer run_other(System& system, const std::string& program, const Request& request,
                 const Settings& settings, int message) {
  const Result<ProgramLimits> limits = program_limits(settings);
  if (!limits) return later(bad_setting(limits.error()).detail);
  const Result<UniqueFd> home =
      system.files.open_at(AT_FDCWD, mail_home(system.environment), O_PATH | O_DIRECTORY);
  Command command{local_arguments(program, request), system.environment};
  command.redirections = {{message, STDIN_FILENO}};
  if (home) command.directory = home->get();
  command.exec_failed = kLocalExecLater;
  command.exec_never = kLocalExecNever;

  Said said;
  const Result<void> ready = rewind(message);
  if (!ready) return later("Unable to read message.");
  const Result<Supervised> ended = run_supervised(system.files, std::move(command), limits->time,
                                                  [&](std::string_view more) { said.add(more); });
  if (!ended) return later("Unable to run a program.");
  if (ended->timed_out) return later("The program that delivers ran for too long.");
  return answer_of_report(local_report(ended->status, said.text()));
}

}  // namespace

Answer answer_of_report(std::string_view report) {
  const auto verdict = wire::verdict_of(report.substr(0, 1));
  return {verdict.value_or(Verdict::Later),
          std::string{report.substr(std::min<std::size_t>(report.size(), 1))}};
}

Answer deliver_for_queue(System& system, const Request& request, Settings settings, int message) {
  if (const auto program = lookup(system.environment, "QMAILLOCAL")) {
    return run_other(system, *program, request, settings, message);
  }
  Said said;
  settings.take_output = [&](std::string_view more) { said.add(more); };
  settings.say = [&](const std::string& line) { said.add(line + '\n'); };
  const Outcome outcome = deliver(system, request, settings, message);
  said.add(last_words(outcome));
  Answer answer = answer_of_report(
      local_report({false, exit_code(outcome.report, ExitStyle::Qmail)}, said.text()));
  answer.noted = outcome.noted;
  return answer;
}

void forget_for_queue(System& system, const Request& request, const std::string& attempt) {
  const Home home = open_home(system.files, request.home);
  if (home.directory) Attempt::forget(system, home.directory.get(), attempt, request);
}

}  // namespace lbx::deliver
