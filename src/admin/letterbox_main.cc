// SPDX-License-Identifier: MIT
// letterbox: the administrator's command. Each subcommand is a row of the table below and has a
// paragraph in letterbox(1).
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "admin/commands.h"
#include "service/command_line.h"
#include "service/program.h"

namespace {

using namespace lbx;

struct Subcommand {
  std::string_view name;
  std::string_view help;
  ProgramMain run;
};

constexpr std::array kSubcommands{
    Subcommand{"check", "what is wrong with the users' .qmail files", &admin::check_command},
    Subcommand{"config", "show, explain, check and set the settings", &admin::config_command},
    Subcommand{"explain", "what would happen to a message for an address, and why",
               &admin::explain_command},
    Subcommand{"maildir", "copy, merge, check and repair Maildirs", &admin::maildir_command},
    Subcommand{"queue", "look into the queue, and change what lies in it", &admin::queue_command},
    Subcommand{"srs", "rewrite a sender as forwarding does, or turn it back", &admin::srs_command},
    Subcommand{"user", "accounts and their passwords", &admin::user_command},
};
static_assert(std::ranges::is_sorted(kSubcommands, {}, &Subcommand::name),
              "keep the rows in order");

int help() {
  std::string text = "usage: letterbox COMMAND [OPTION]...\n\n";
  for (const Subcommand& each : kSubcommands) {
    ((text += "  ") += each.name) += "  ";
    (text += each.help) += '\n';
  }
  admin::print(text + "\nletterbox COMMAND --help says more; see also letterbox(1).\n");
  return 0;
}

Result<int> letterbox_main(System& system, int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  const auto* const found = std::ranges::find(kSubcommands, word, &Subcommand::name);
  if (found != kSubcommands.end()) return found->run(system, argc - 1, argv + 1);
  if (word == "help" || word == "--help" || word == "-h") return help();
  if (word == "--version") {
    CLI::App app;
    const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
    return ended.value_or(0);
  }
  if (word.empty()) return Error::never("which command? (see letterbox help)");
  return Error::never("no such command: " + std::string{word} + " (see letterbox help)");
}

}  // namespace

int main(int argc, char** argv) {
  // Nobody queues this: a failure is simply 1.
  return lbx::run_program("letterbox", lbx::ExitCodes{1, 1}, letterbox_main, argc, argv);
}
