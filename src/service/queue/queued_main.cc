// SPDX-License-Identifier: MIT
// letterbox-queued: takes mail, delivers it, tells senders what happened. See letterbox-queued(8).
#include "service/command_line.h"
#include "service/program.h"
#include "service/queue/queue_processes.h"

namespace {

using namespace lbx;

Result<int> queued_main(System& system, int argc, char** argv) {
  QueueOptions options;
  std::string format{"lines"};
  CLI::App app{"Keep the queue: take mail at run/queue.sock, deliver it, report what fails."};
  app.add_option("--log-format", format, "lines: as qmail-send's; json: an object a line")
      ->check(CLI::IsMember({"lines", "json"}));
  if (const std::optional<int> status = LBX_TRY(parse_command_line(app, argc, argv))) {
    return *status;
  }
  if (format == "json") options.log_format = queue::LogFormat::Json;
  return run_queue(system, options);
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("letterbox-queued", ExitCodes::qmail(), queued_main, argc, argv);
}
