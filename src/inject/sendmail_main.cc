// SPDX-License-Identifier: MIT
// sendmail, mailq and newaliases: what programs call to send mail. See sendmail(8).
#include "inject/child_program.h"
#include "inject/complain.h"
#include "inject/sendmail.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> become(System& system, const inject::Replacement& replacement) {
  const std::string program = LBX_TRY(inject::companion(system, replacement.program));
  std::vector<std::string> words{program};
  words.insert(words.end(), replacement.arguments.begin(), replacement.arguments.end());
  return inject::become_program(replacement.environment, words);
}

Result<int> sendmail_main(System& system, int argc, char** argv) {
  const auto replacement = inject::read_sendmail(argc, argv, system.environment);
  if (!replacement) return inject::fatal(replacement.error());
  if (!*replacement) {
    return inject::usage("sendmail",
                         "[ -t ] [ -fSENDER ] [ -FNAME ] [ -NDSN ] [ -RRET ] [ -VID ] "
                         "[ -bm | -bp | -bs ] [ recipient ... ]");
  }
  if ((*replacement)->program.empty()) return 0;
  const Result<int> became = become(system, **replacement);
  return inject::fatal(became.error());
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("sendmail", lbx::ExitCodes::qmail(), sendmail_main, argc, argv);
}
