// SPDX-License-Identifier: MIT
// qmail-pop3d MAILDIR: a POP3 session on descriptors 0 and 1 for a user who has been let in. See
// qmail-pop3d(8).
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "pop3d/maildir_maildrop.h"
#include "pop3d/session.h"
#include "service/program.h"
#include "service/stdio_driver.h"

namespace {

using namespace lbx;

constexpr int kRefused = 1;

// CONTRACT 1.17: what goes wrong is told the client; the exit status is 0 all the same.
int refuse(const char* reply) {
  static_cast<void>(std::printf("-ERR %s\r\n", reply));
  static_cast<void>(std::fflush(stdout));
  return 0;
}

Result<int> pop3d_main(System& system, int argc, char** argv) {
  if (::geteuid() == 0) {
    static_cast<void>(std::fputs("qmail-pop3d: will not run as root\n", stderr));
    return kRefused;
  }
  if (argc < 2) return refuse("this user has no $HOME/Maildir");
  Result<UniqueFd> maildir = open_maildir(system.files, AT_FDCWD, argv[1]);
  if (!maildir) return refuse("this user has no $HOME/Maildir");
  pop3d::MaildirMaildrop::Options options;
  options.dialect = pop3d::Dialect::Qmail;
  Result<std::unique_ptr<pop3d::Maildrop>> maildrop =
      pop3d::MaildirMaildrop::open(system, std::move(maildir).value(), options);
  if (!maildrop) return refuse("unable to scan $HOME/Maildir");

  pop3d::Settings settings;
  settings.dialect = pop3d::Dialect::Qmail;
  pop3d::Session session{settings, std::move(maildrop).value()};
  // A peer that falls silent or leaves is everyday life: nothing was removed, nobody is told.
  static_cast<void>(converse(session));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("qmail-pop3d", ExitCodes::qmail(), pop3d_main, argc, argv);
}
