// SPDX-License-Identifier: MIT
// qmail-inject: a message on standard input, submitted. See qmail-inject(8).
#include <unistd.h>

#include "inject/complain.h"
#include "inject/inject.h"
#include "service/program.h"

namespace {

using namespace lbx;
using Recipients = inject::Request::Recipients;

/// The options; false where they are wrong. '+': they end at the first word that is none.
bool read_options(int argc, char** argv, inject::Request& request) {
  for (int option = 0; (option = ::getopt(argc, argv, "+:aAhHnNf:")) != -1;) {
    switch (option) {
      case 'a':
        request.recipients = Recipients::Arguments;
        break;
      case 'A':
        request.recipients = Recipients::ArgumentsElseHeader;
        break;
      case 'h':
        request.recipients = Recipients::Header;
        break;
      case 'H':
        request.recipients = Recipients::Both;
        break;
      case 'n':
      case 'N':
        request.print = option == 'n';
        break;
      case 'f':
        request.sender = optarg;
        break;
      default:
        inject::complain_about_option("qmail-inject", option);
        return false;
    }
  }
  request.arguments.assign(argv + optind, argv + argc);
  return true;
}

Result<int> inject_main(System& system, int argc, char** argv) {
  inject::Request request;
  if (!read_options(argc, argv, request)) return inject::kUsage;
  const Result<void> done = inject::submit(system, request);
  if (!done) return inject::fatal(done.error());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-inject", lbx::ExitCodes::qmail(), inject_main, argc, argv);
}
