// SPDX-License-Identifier: MIT
// qmail-qstat: how many messages are in the queue. See qmail-qstat(8).
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "queue/qread.h"
#include "queue/store/reading.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> qstat_main(System& system, int /*argc*/, char** /*argv*/) {
  const std::unique_ptr<queue::SqliteStore> store =
      LBX_TRY(queue::open_for_reading(system, mail_home(system.environment)));
  queue::Totals totals;
  if (store != nullptr) totals = LBX_TRY(store->totals());
  LBX_TRY(write_all(system.files, STDOUT_FILENO, queue::qstat_text(totals)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-qstat", lbx::ExitCodes::qmail(), qstat_main, argc, argv);
}
