// SPDX-License-Identifier: MIT
#include "deliver/local_run.h"

#include <cstdio>

#include "core/base/mail_home.h"

namespace lbx::deliver {
namespace {

void print_line(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

}  // namespace

std::vector<std::string> local_arguments(const std::string& program, const Request& request) {
  return {program,      "--",        request.user, request.home,   request.local,
          request.dash, request.ext, request.host, request.sender, request.default_delivery};
}

std::string last_words(const Outcome& outcome) {
  if (!outcome.report.done()) {
    return outcome.report.text.empty() ? "" : outcome.report.text + '\n';
  }
  const Counts& counts = outcome.counts;
  std::string text = "did " + std::to_string(counts.files) + '+' + std::to_string(counts.forwards) +
                     '+' + std::to_string(counts.programs) + '\n';
  if (outcome.queued) text += "qp " + std::to_string(*outcome.queued) + '\n';
  return text;
}

Result<int> run_as_qmail_local(System& system, const Request& request, bool pretend, int message) {
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  Settings settings = LBX_TRY(read_settings(control));
  settings.pretend = pretend;
  settings.pass_environment = true;
  settings.locks = MboxLockPolicy::qmail();
  settings.say = &print_line;
  const Outcome outcome = deliver(system, request, settings, message);
  const std::string words = last_words(outcome);
  if (outcome.report.done()) std::fwrite(words.data(), 1, words.size(), stdout);
  std::fflush(stdout);
  if (!outcome.report.done()) std::fwrite(words.data(), 1, words.size(), stderr);
  return exit_code(outcome.report, ExitStyle::Qmail);
}

}  // namespace lbx::deliver
