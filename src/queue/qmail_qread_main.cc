// SPDX-License-Identifier: MIT
// qmail-qread: the messages in the queue and their recipients. See qmail-qread(8).
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "queue/qread.h"
#include "queue/store/reading.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> qread_main(System& system, int /*argc*/, char** /*argv*/) {
  const std::unique_ptr<queue::SqliteStore> store =
      LBX_TRY(queue::open_for_reading(system, mail_home(system.environment)));
  if (store == nullptr) return 0;
  LBX_TRY(queue::for_each_message(*store, [&system](const queue::Message& message) {
    return write_all(system.files, STDOUT_FILENO, queue::qread_text(message));
  }));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-qread", lbx::ExitCodes::qmail(), qread_main, argc, argv);
}
