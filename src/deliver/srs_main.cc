// SPDX-License-Identifier: MIT
// letterbox-srs: sends a bounce on to the sender that a rewritten address stands for, from a .qmail
// file. See letterbox-srs(1).
#include <unistd.h>

#include <cstdio>

#include "core/base/mail_home.h"
#include "core/message/spool.h"
#include "deliver/srs_bounce.h"
#include "service/options.h"
#include "service/program.h"

namespace {

using namespace lbx;

/// The whole message. What a pipe gives, behind another program or another mail system, is kept
/// first: it can be read once only.
Result<UniqueFd> seekable(System& system) {
  if (::lseek(STDIN_FILENO, 0, SEEK_CUR) >= 0) return UniqueFd{::dup(STDIN_FILENO)};
  return spool(system, STDIN_FILENO, [](std::string head) { return head; });
}

Result<int> srs_main(System& system, int argc, char** argv) {
  const CommandLine line{
      "Send the message on standard input on to where the rewritten address points."};
  const std::optional<int> ended = LBX_TRY(read_options(line, argc, argv));
  if (ended) return *ended;
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  const deliver::Settings settings = LBX_TRY(deliver::read_settings(control));
  const UniqueFd message = LBX_TRY(seekable(system));
  const pid_t queued = LBX_TRY(deliver::return_bounce(system, settings, message.get()));
  std::fprintf(stderr, "letterbox-srs: qp %ld\n", static_cast<long>(queued));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("letterbox-srs", lbx::ExitCodes::qmail(), srs_main, argc, argv);
}
