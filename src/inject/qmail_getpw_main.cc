// SPDX-License-Identifier: MIT
// qmail-getpw: which account delivers for a local part. See qmail-getpw(8).
#include <unistd.h>

#include <cstdio>
#include <string>

#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "core/users/accounts.h"
#include "core/users/delimiters.h"
#include "core/users/lookup_status.h"
#include "service/program.h"

namespace {

using namespace lbx;

constexpr int kUsage = 100;

Result<users::Controller> look_up(System& system, const std::string& local) {
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  const users::LookupRules rules{LBX_TRY(users::read_delimiters(control))};
  users::SystemAccounts accounts;
  return users::find_controller(accounts, system.files, local, rules);
}

Result<int> getpw_main(System& system, int argc, char** argv) {
  if (argc < 2) return kUsage;
  const Result<users::Controller> found = look_up(system, argv[1]);
  if (!found) {
    std::fprintf(stderr, "qmail-getpw: %s\n", found.error().what.c_str());
    return users::lookup_status(found.error());
  }
  const users::Account& account = found->account;
  std::string out;
  for (const std::string& each :
       {account.name, std::to_string(account.uid), std::to_string(account.gid), account.home,
        found->dash, found->ext}) {
    (out += each) += '\0';
  }
  LBX_TRY(write_all(system.files, STDOUT_FILENO, out));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-getpw", lbx::ExitCodes::qmail(), getpw_main, argc, argv);
}
