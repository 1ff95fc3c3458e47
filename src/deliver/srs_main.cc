// SPDX-License-Identifier: MIT
// letterbox-srs: sends a bounce on to the sender that a rewritten address stands for, from a .qmail
// file. See letterbox-srs(1).
#include <unistd.h>

#include <cstdio>

#include "core/base/mail_home.h"
#include "deliver/srs_bounce.h"
#include "service/options.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> srs_main(System& system, int argc, char** argv) {
  const CommandLine line{
      "Send the message on standard input on to where the rewritten address points."};
  const std::optional<int> ended = LBX_TRY(read_options(line, argc, argv));
  if (ended) return *ended;
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  const deliver::Settings settings = LBX_TRY(deliver::read_settings(control));
  const pid_t queued = LBX_TRY(deliver::return_bounce(system, settings, STDIN_FILENO));
  std::fprintf(stderr, "letterbox-srs: qp %ld\n", static_cast<long>(queued));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("letterbox-srs", lbx::ExitCodes::qmail(), srs_main, argc, argv);
}
