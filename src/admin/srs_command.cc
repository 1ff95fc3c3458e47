// SPDX-License-Identifier: MIT
#include "admin/commands.h"
#include "admin/srs.h"
#include "core/base/mail_home.h"
#include "service/command_line.h"

namespace lbx::admin {

Result<int> srs_command(System& system, int argc, char** argv) {
  std::string direction;
  std::string address;
  CLI::App app{"Rewrite a sender as forwarding does, or turn a rewritten one back.",
               "letterbox srs"};
  app.add_option("direction", direction, "forward or reverse")
      ->required()
      ->check(CLI::IsMember({"forward", "reverse"}));
  app.add_option("address", address, "LOCAL@HOST")->required();
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  print(LBX_TRY(convert_sender(control, direction == "reverse", address, system.clock.now())) +
        '\n');
  return 0;
}

}  // namespace lbx::admin
