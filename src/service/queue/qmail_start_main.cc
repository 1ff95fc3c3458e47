// SPDX-License-Identifier: MIT
// qmail-start: letterbox-queued with the manners of qmail's (CONTRACT 1.1). See qmail-start(8).
#include <unistd.h>

#include "service/program.h"
#include "service/queue/queue_processes.h"

namespace {

using namespace lbx;

Result<int> start_main(System& system, int argc, char** argv) {
  QueueOptions options;
  options.log = STDOUT_FILENO;
  options.bounces = ReportForm::Qsbmf;
  options.default_delivery = argc > 1 ? argv[1] : "./Mailbox";
  options.other_queue_user = "qmails";
  options.other_remote_user = "qmailr";
  return run_queue(system, options);
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-start", lbx::ExitCodes::qmail(), start_main, argc, argv);
}
