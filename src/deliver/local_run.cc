// SPDX-License-Identifier: MIT
#include "deliver/local_run.h"

#include <cstdio>
#include <string>

#include "core/base/mail_home.h"
#include "deliver/engine.h"

namespace lbx::deliver {
namespace {

void print_line(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

int say_how_it_ended(const Outcome& outcome) {
  const Counts& counts = outcome.counts;
  if (outcome.report.done()) {
    print_line("did " + std::to_string(counts.files) + '+' + std::to_string(counts.forwards) + '+' +
               std::to_string(counts.programs));
    if (outcome.queued) print_line("qp " + std::to_string(*outcome.queued));
  }
  std::fflush(stdout);
  if (!outcome.report.done() && !outcome.report.text.empty()) {
    std::fprintf(stderr, "%s\n", outcome.report.text.c_str());
  }
  return exit_code(outcome.report, ExitStyle::Qmail);
}

}  // namespace

Result<int> run_as_qmail_local(System& system, const Request& request, bool pretend, int message) {
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  Settings settings = LBX_TRY(read_settings(control));
  settings.pretend = pretend;
  settings.pass_environment = true;
  settings.locks = MboxLockPolicy::qmail();
  settings.say = &print_line;
  return say_how_it_ended(deliver(system, request, settings, message));
}

}  // namespace lbx::deliver
