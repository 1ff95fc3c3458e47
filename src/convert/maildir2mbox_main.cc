// SPDX-License-Identifier: MIT
// qmail's maildir2mbox: MAILDIR into MAIL, by way of MAILTMP. See maildir2mbox(1).
#include <cstdio>

#include "convert/maildir2mbox.h"
#include "service/program.h"

namespace {

lbx::Result<int> maildir2mbox_main(lbx::System& system, int /*argc*/, char** /*argv*/) {
  lbx::PosixLockOps locks;
  const lbx::Result<std::uint64_t> left = lbx::convert::qmail_maildir2mbox(system, locks);
  if (!left) return lbx::Error::later("fatal: " + left.error().what);
  if (*left > 0) {
    std::fputs("maildir2mbox: warning: could not remove all messages; they will come again\n",
               stderr);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("maildir2mbox", lbx::ExitCodes::qmail(), maildir2mbox_main, argc, argv);
}
