// SPDX-License-Identifier: MIT
// To a program, by /bin/sh -c, with the message on descriptor 0 (qmail-command(8), CONTRACT 2.6
// and 2.9), in a process group of its own and within the limits of the settings.
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/base/ascii.h"
#include "core/base/supervised.h"
#include "core/message/spool.h"
#include "deliver/executors.h"
#include "deliver/program_environment.h"

namespace lbx::deliver {
namespace {

/// 64, 65, 70, 76, 77, 78 and 112 are those of sysexits.h and of old shells that mean it for good.
constexpr std::array kNever{100, 64, 65, 70, 76, 77, 78, 112};

Verdict verdict_of(int code) {
  if (code == 0 || code == kDoneStop) return Verdict::Done;
  return std::ranges::find(kNever, code) != kNever.end() ? Verdict::Never : Verdict::Later;
}

/// The last line of what was said that has anything in it.
std::string last_line(std::string_view said) {
  std::string_view found;
  for (const std::string_view each : ascii::split(said, '\n')) {
    if (!ascii::trim(each).empty()) found = ascii::trim(each);
  }
  return std::string{found};
}

/// Its own output where nobody captures it.
Result<Supervised> run(const Context& context, const Command& command, const ProgramLimits& limits,
                       std::string& said) {
  LBX_TRY(rewind(context.message));
  const Settings& settings = context.settings;
  if (settings.take_output) {
    return run_supervised(context.system.files, command, limits.time, settings.take_output);
  }
  if (!settings.capture_output) {
    return run_supervised(context.system.files, command, limits.time);
  }
  return run_supervised(context.system.files, command, limits.time, [&](std::string_view more) {
    said += more;
    if (said.size() > limits.output) said.erase(0, said.size() - limits.output);
  });
}

Report report_of(const Supervised& ended, const ProgramLimits& limits, const std::string& said) {
  Report report;
  report.detail = last_line(said);
  if (ended.timed_out) {
    report.verdict = Verdict::Later;
    report.text = "A program ran for more than " + std::to_string(limits.time.count()) +
                  " seconds and was ended. (#4.3.0)";
    return report;
  }
  if (ended.status.crashed) return Report::later("Aack, child crashed. (#4.3.0)");
  report.verdict = verdict_of(ended.status.code);
  report.stop = ended.status.code == kDoneStop;
  if (!report.done() && report.detail.empty()) {
    report.detail = "a program of the .qmail file ended with " + std::to_string(ended.status.code);
  }
  return report;
}

}  // namespace

Report to_program(const Context& context, const std::string& command) {
  const Result<ProgramLimits> limits = program_limits(context.settings);
  if (!limits) return bad_setting(limits.error());
  Command program{
      {"/bin/sh", "-c", command.c_str()},
      program_environment(context.system.environment, context.settings, context.plan.variables)};
  program.redirections = {{context.message, STDIN_FILENO}};
  program.directory = context.home;
  program.limits = limits->resources;

  std::string said;
  const Result<Supervised> ended = run(context, program, *limits, said);
  if (!ended) return Report::failed("Unable to run a program. (#4.3.0)", ended.error());
  return report_of(*ended, *limits, said);
}

}  // namespace lbx::deliver
