// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <algorithm>

#include "admin/commands.h"
#include "admin/config.h"
#include "core/base/mail_home.h"
#include "core/control/settings.h"
#include "service/command_line.h"

namespace lbx::admin {
namespace {

struct ConfigOptions {
  std::string name;
  std::vector<std::string> value;
  bool json{false};
  bool unset{false};
};

int show_config(const std::vector<ConfigRow>& rows, const std::vector<std::string>& unknown,
                bool json) {
  std::string text;
  for (const ConfigRow& row : rows) text += to_text(row);
  for (const std::string& each : unknown) text += each + ": no setting of Letterbox\n";
  print(json ? to_json(rows, unknown) : text);
  const bool wrong =
      std::ranges::any_of(rows, [](const ConfigRow& row) { return !row.problem.empty(); });
  return wrong ? 1 : 0;
}

}  // namespace

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
    std::vector<ConfigRow> rows;
    for (const control::Setting& each : control::all()) rows.push_back(config_row(control, each));
    const std::vector<std::string> unknown = LBX_TRY(unknown_files(system.files, control));
    return show_config(rows, unknown, options.json);
  }
  const control::Setting setting = LBX_TRY(find_setting(options.name));
  ::umask(022);  // every user's delivery reads it
  if (options.unset) LBX_TRY(set_config(system.files, control, setting, std::nullopt));
  if (!options.value.empty()) {
    LBX_TRY(set_config(system.files, control, setting, options.value));
  }
  return show_config({config_row(control, setting)}, {}, options.json);
}

}  // namespace lbx::admin
