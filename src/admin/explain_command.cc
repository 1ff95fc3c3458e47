// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "admin/commands.h"
#include "admin/explain.h"
#include "core/base/mail_home.h"
#include "service/command_line.h"

namespace lbx::admin {

Result<int> explain_command(System& system, int argc, char** argv) {
  ExplainOptions options;
  CLI::App app{"Say what would happen to a message for an address, and why.", "letterbox explain"};
  app.add_option("address", options.address, "LOCAL or LOCAL@HOST")->required();
  app.add_option("--home", options.home, "the home directory to look in");
  app.add_option("--user", options.user, "the user who takes the address");
  app.add_option("--dash", options.dash, "what stands between .qmail and the extension");
  app.add_option("--ext", options.ext, "the extension");
  app.add_option("--sender", options.sender, "envelope sender; empty for a bounce");
  app.add_option("--default", options.default_delivery, "what to do where there is no file");
  app.add_flag("--json", options.json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;

  users::SystemAccounts accounts;
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  deliver::Settings settings = LBX_TRY(deliver::read_settings(control));
  settings.create_maildirs = true;
  const Explanation explanation =
      LBX_TRY(explain({system, accounts, control, settings, ::geteuid() == 0}, options));
  print(options.json ? to_json(explanation) : to_text(explanation));
  return 0;
}

}  // namespace lbx::admin
