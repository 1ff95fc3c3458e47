// SPDX-License-Identifier: MIT
// letterbox: the administrator's command. Each subcommand is a row of the table below and has a
// paragraph in letterbox(1).
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "admin/config_command.h"
#include "admin/explain.h"
#include "admin/user_command.h"
#include "core/base/mail_home.h"
#include "core/control/settings.h"
#include "service/command_line.h"
#include "service/program.h"

namespace {

using namespace lbx;

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Result<int> explain_command(System& system, int argc, char** argv) {
  admin::ExplainOptions options;
  CLI::App app{"Say what would happen to a message for an address, and why.", "letterbox explain"};
  app.add_option("address", options.address, "LOCAL or LOCAL@HOST")->required();
  app.add_option("--home", options.home, "the home directory to look in");
  app.add_option("--user", options.user, "the user who takes the address");
  app.add_option("--dash", options.dash, "what stands between .qmail and the extension");
  app.add_option("--ext", options.ext, "the extension");
  app.add_option("--sender", options.sender, "envelope sender; empty for a bounce");
  app.add_option("--default", options.default_delivery, "what to do where there is no file")
      ->capture_default_str();
  app.add_flag("--json", options.json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;

  users::SystemAccounts accounts;
  const deliver::Request request = LBX_TRY(admin::resolve(system, accounts, options));
  deliver::Settings settings;
  settings.create_maildirs = true;
  const admin::Explanation explanation = deliver::forecast(system, request, settings);
  print(options.json ? admin::to_json(explanation) : admin::to_text(explanation));
  return 0;
}

struct ConfigOptions {
  std::string name;
  std::vector<std::string> value;
  bool json{false};
  bool unset{false};
};

int show_config(const std::vector<admin::ConfigRow>& rows, const std::vector<std::string>& unknown,
                bool json) {
  std::string text;
  for (const admin::ConfigRow& row : rows) text += admin::to_text(row);
  for (const std::string& each : unknown) text += each + ": no setting of Letterbox\n";
  print(json ? admin::to_json(rows, unknown) : text);
  const bool wrong =
      std::ranges::any_of(rows, [](const admin::ConfigRow& row) { return !row.problem.empty(); });
  return wrong ? 1 : 0;
}

Result<int> config_command(System& system, int argc, char** argv) {
  ConfigOptions options;
  CLI::App app{"Show, explain, check and set the settings.", "letterbox config"};
  app.add_option("name", options.name, "the setting; all where there is none");
  app.add_option("value", options.value, "what it becomes; for a list, a value for each line");
  CLI::Option* unset = app.add_flag("--unset", options.unset, "back to the default");
  app.get_option("value")->excludes(unset);
  unset->needs(app.get_option("name"));
  app.add_flag("--json", options.json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;

  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  if (options.name.empty()) {
    std::vector<admin::ConfigRow> rows;
    for (const control::Setting& each : control::all())
      rows.push_back(admin::config_row(control, each));
    const std::vector<std::string> unknown = LBX_TRY(admin::unknown_files(system.files, control));
    return show_config(rows, unknown, options.json);
  }
  const control::Setting setting = LBX_TRY(admin::find_setting(options.name));
  if (options.unset) LBX_TRY(admin::set_config(system.files, control, setting, std::nullopt));
  if (!options.value.empty()) {
    LBX_TRY(admin::set_config(system.files, control, setting, options.value));
  }
  return show_config({admin::config_row(control, setting)}, {}, options.json);
}

struct Subcommand {
  std::string_view name;
  std::string_view help;
  ProgramMain run;
};

constexpr std::array kSubcommands{
    Subcommand{"config", "show, explain, check and set the settings", &config_command},
    Subcommand{"explain", "what would happen to a message for an address, and why",
               &explain_command},
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
  print(text + "\nletterbox COMMAND --help says more; see also letterbox(1).\n");
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
