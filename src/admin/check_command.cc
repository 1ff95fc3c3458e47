// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "admin/check.h"
#include "admin/commands.h"
#include "core/base/mail_home.h"
#include "service/command_line.h"

namespace lbx::admin {

Result<int> check_command(System& system, int argc, char** argv) {
  CheckOptions options;
  CLI::App app{"Look at every user's .qmail files for what is wrong with them.", "letterbox check"};
  app.add_option("--user", options.user, "this user alone");
  app.add_option("--home", options.home, "this home directory alone");
  app.add_flag("--json", options.json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;

  users::SystemAccounts accounts;
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  const deliver::Settings settings = LBX_TRY(deliver::read_settings(control));
  const CheckReport report = LBX_TRY(check({system, accounts, control, settings, ::geteuid() == 0},
                                           options, users::SystemAccounts::all(kMaxCheckedUsers)));
  print(options.json ? to_json(report) : to_text(report));
  return report.findings.empty() ? 0 : 1;
}

}  // namespace lbx::admin
