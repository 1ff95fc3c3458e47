// SPDX-License-Identifier: MIT
// To a program, by /bin/sh -c, with the message on descriptor 0 (qmail-command(8), CONTRACT 2.6
// and 2.9). No time limit of ours: whoever runs us has one.
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/base/ascii.h"
#include "core/base/process.h"
#include "core/message/spool.h"
#include "deliver/executors.h"

namespace lbx::deliver {
namespace {

constexpr int kDoneStop = 99;
/// 64, 65, 70, 76, 77, 78 and 112 are those of sysexits.h and of old shells that mean it for good.
constexpr std::array kNever{100, 64, 65, 70, 76, 77, 78, 112};

Verdict verdict_of(int code) {
  if (code == 0) return Verdict::Done;
  if (code == kDoneStop) return Verdict::DoneStop;
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

Result<ExitStatus> run(const Context& context, Command command, std::string& said) {
  LBX_TRY(rewind(context.message));
  if (!context.settings.capture_output) {
    Child child = LBX_TRY(spawn(command));
    return std::move(child).wait();
  }
  Pipe output = LBX_TRY(make_pipe());
  command.redirections.push_back({output.write_end.get(), STDOUT_FILENO});
  command.redirections.push_back({output.write_end.get(), STDERR_FILENO});
  Child child = LBX_TRY(spawn(command));
  output.write_end.reset();
  return std::move(child).wait(context.system.files, std::move(output.read_end),
                               [&said](std::string_view more) {
                                 said += more;
                                 if (said.size() > kMaxProgramText) {
                                   said.erase(0, said.size() - kMaxProgramText);
                                 }
                               });
}

}  // namespace

Report to_program(const Context& context, const std::string& command) {
  Command program{{"/bin/sh", "-c", command.c_str()},
                  dotqmail::with_variables(context.system.environment, context.plan.variables)};
  program.redirections = {{context.message, STDIN_FILENO}};
  program.directory = context.home;

  std::string said;
  const Result<ExitStatus> status = run(context, std::move(program), said);
  if (!status) return Report::failed("Unable to run a program. (#4.3.0)", status.error());
  if (status->crashed) return Report::later("Aack, child crashed. (#4.3.0)");
  Report report;
  report.verdict = verdict_of(status->code);
  report.detail = last_line(said);
  if (!report.done() && report.detail.empty()) {
    report.detail = "a program of the .qmail file ended with " + std::to_string(status->code);
  }
  return report;
}

}  // namespace lbx::deliver
