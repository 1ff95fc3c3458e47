// SPDX-License-Identifier: MIT
// qmail-lspawn: local deliveries for qmail-send, each as its recipient. See qmail-lspawn(8).
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "core/base/mail_home.h"
#include "core/users/accounts.h"
#include "deliver/local_spawner.h"
#include "service/program.h"

namespace {

using namespace lbx;

constexpr int kUsage = 100;
constexpr const char* kQueueUser = "qmailq";

/// Who owns queued messages: qmail's user, or, where we can only be ourselves, ourselves.
Result<uid_t> queue_owner() {
  if (::geteuid() != 0) return ::geteuid();
  users::SystemAccounts accounts;
  const std::optional<users::Account> owner = LBX_TRY(accounts.by_name(kQueueUser));
  if (!owner) return Error::later(std::string{"fatal: unable to find user "} + kQueueUser);
  return owner->uid;
}

Result<int> lspawn_main(System& system, int argc, char** argv) {
  if (argc < 2) {
    std::fputs("qmail-lspawn: usage: qmail-lspawn defaultdelivery\n", stderr);
    return kUsage;
  }
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  const uid_t owner = LBX_TRY(queue_owner());
  const UniqueFd messages = LBX_TRY(
      system.files.open_at(AT_FDCWD, control.mail_home() + "/queue/mess", O_PATH | O_DIRECTORY));
  users::SystemAccounts accounts;
  users::Resolver resolver{system, accounts, control};
  deliver::LocalSpawner spawner{
      system, resolver, {STDIN_FILENO, STDOUT_FILENO, messages.get(), owner, argv[1]}};
  LBX_TRY(spawner.serve());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-lspawn", lbx::ExitCodes::qmail(), lspawn_main, argc, argv);
}
