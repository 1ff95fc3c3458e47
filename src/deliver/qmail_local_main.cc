// SPDX-License-Identifier: MIT
// qmail-local: one message, from a file on descriptor 0, to one local address, with exactly the
// interface that qmail-lspawn expects. See qmail-local(8).
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <optional>

#include "deliver/local_run.h"
#include "service/program.h"

namespace {

using namespace lbx;

constexpr int kUsage = 100;
constexpr int kArguments = 8;

int usage() {
  std::fputs(
      "qmail-local: usage: qmail-local [ -nN ] user homedir local dash ext domain sender "
      "defaultdelivery\n",
      stderr);
  return kUsage;
}

/// The options, or nothing where they are wrong (CONTRACT 0.3). '+': options end at the first
/// word that is none.
std::optional<bool> read_options(int argc, char** argv) {
  bool pretend = false;
  opterr = 0;
  for (int option = 0; (option = ::getopt(argc, argv, "+nN")) != -1;) {
    if (option == '?') {
      std::fprintf(stderr, "qmail-local: illegal option -- %c\n", optopt);
      return std::nullopt;
    }
    pretend = option == 'n';
  }
  return pretend;
}

Result<int> local_main(System& system, int argc, char** argv) {
  const std::optional<bool> pretend = read_options(argc, argv);
  if (!pretend || argc - optind != kArguments || argv[optind + 1][0] != '/') return usage();
  ::umask(077);
  // An interrupt at the terminal of a qmail-start in the foreground is meant for that; it must not
  // tear a delivery, or a program of one, apart. The vector local-0640 expects it ignored.
  static_cast<void>(std::signal(SIGINT, SIG_IGN));
  const char* const* const word = argv + optind;
  const deliver::Request request{word[0], word[1], word[2], word[3],
                                 word[4], word[5], word[6], word[7]};
  return deliver::run_as_qmail_local(system, request, *pretend, STDIN_FILENO);
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-local", lbx::ExitCodes::qmail(), local_main, argc, argv);
}
