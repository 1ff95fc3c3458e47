// SPDX-License-Identifier: MIT
// qmail-newu: users/cdb anew from users/assign. See qmail-newu(8).
#include <sys/stat.h>

#include "core/base/mail_home.h"
#include "core/users/database_file.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> newu_main(System& system, int, char**) {
  ::umask(033);
  const Result<void> done = users::rebuild_database(system.files, mail_home(system.environment));
  if (!done) return Error::later("fatal: " + done.error().what);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-newu", lbx::ExitCodes::qmail(), newu_main, argc, argv);
}
