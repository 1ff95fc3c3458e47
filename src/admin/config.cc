// SPDX-License-Identifier: MIT
#include "admin/config.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/base/io.h"
#include "core/control/settings.h"

namespace lbx::admin {
namespace {

using control::Choice;
using control::ControlDirectory;
using control::Line;
using control::List;
using control::Number;
using control::Setting;
using control::Text;

std::string joined(const auto& words, std::string_view between) {
  std::string text;
  for (const auto& each : words) {
    if (!text.empty()) text += between;
    text += each;
  }
  return text;
}

/// What each form is called, and its value as lines.
struct Describe {
  const ControlDirectory& control;
  ConfigRow& row;

  void operator()(const Line* setting) const {
    row.form = setting->me_instead ? "line, by default that of me" : "line";
    take(control.get(*setting));
  }
  void operator()(const Number* setting) const {
    row.form = "number of " + std::string{setting->unit} + ", " + std::to_string(setting->least) +
               " to " + std::to_string(setting->most);
    const Result<std::uint64_t> value = control.get(*setting);
    take(value ? Result<std::string>{std::to_string(*value)} : value.error());
  }
  void operator()(const Choice* setting) const {
    row.form = "one of: " + joined(setting->words, " ");
    const Result<std::string_view> value = control.get(*setting);
    take(value ? Result<std::string>{std::string{*value}} : value.error());
  }
  void operator()(const List* setting) const {
    row.form = "list";
    const Result<std::vector<std::string>> value = control.get(*setting);
    if (!value) row.problem = value.error().what;
    if (value) row.value = *value;
  }
  void operator()(const Text* setting) const {
    row.form = "text";
    const Result<std::optional<std::string>> value = control.get(*setting);
    if (!value) row.problem = value.error().what;
    if (value && *value) row.value = {**value};
  }

 private:
  void take(const Result<std::string>& value) const {
    if (!value) row.problem = value.error().what;
    if (value) row.value = {*value};
  }
};

/// Of a site that has no settings yet; the mail home above it, too.
Result<void> make_control_directory(FileOps& files, const ControlDirectory& control) {
  for (const std::string& each : {control.mail_home(), control.path_of("")}) {
    Result<void> made = files.make_directory(AT_FDCWD, each, 0755);
    if (!made && made.error().os_error != EEXIST) return made;
  }
  return {};
}

}  // namespace

ConfigRow config_row(const ControlDirectory& control, const Setting& setting) {
  ConfigRow row{std::string{file_of(setting)}, {}, false, {}, {}, std::string{help_of(setting)}};
  const Result<bool> exists = control.exists(row.name);
  row.is_default = exists && !*exists;
  std::visit(Describe{control, row}, setting);
  return row;
}

Result<Setting> find_setting(const std::string& name) {
  const std::span<const Setting> all = control::all();
  const auto found = std::ranges::find(all, name, control::file_of);
  if (found == all.end()) return Error::never("there is no setting " + name);
  return *found;
}

Result<std::vector<std::string>> unknown_files(FileOps& files, const ControlDirectory& control) {
  const Result<std::vector<DirectoryEntry>> entries = files.list(AT_FDCWD, control.path_of(""));
  if (!entries && entries.error().os_error == ENOENT) return std::vector<std::string>{};
  if (!entries) return entries.error();
  std::vector<std::string> unknown;
  for (const DirectoryEntry& each : *entries) {
    if (!find_setting(each.name)) unknown.push_back(each.name);
  }
  std::ranges::sort(unknown);
  return unknown;
}

Result<void> set_config(FileOps& files, const ControlDirectory& control, const Setting& setting,
                        const std::optional<std::vector<std::string>>& lines) {
  const std::string name{file_of(setting)};
  const std::string path = control.path_of(name);
  if (!lines) {
    Result<void> removed = files.unlink_at(AT_FDCWD, path);
    if (!removed && removed.error().os_error != ENOENT) return removed;
    return sync_directory(files, AT_FDCWD, control.path_of(""));
  }
  const bool one_line = !std::holds_alternative<const List*>(setting) &&
                        !std::holds_alternative<const Text*>(setting);
  if (one_line && lines->size() != 1) return Error::never(name + " takes one value");
  const bool broken = std::ranges::any_of(
      *lines, [](const std::string& line) { return line.find('\n') != std::string::npos; });
  if (broken) return Error::never("a value of " + name + " cannot hold a newline");
  const std::string text = joined(*lines, "\n") + '\n';
  const Result<void> acceptable = check(setting, text);
  if (!acceptable) return Error::never(name + ": " + acceptable.error().what);
  LBX_TRY(make_control_directory(files, control));
  return replace_file(files, AT_FDCWD, path, text, 0644);
}

std::string to_text(const ConfigRow& row) {
  const std::string value = joined(row.value, ", ");
  std::string text = row.name + " = " + (value.empty() ? "(nothing)" : value);
  if (row.is_default) text += " (default)";
  text += "\n    " + row.help + " [" + row.form + "]\n";
  if (!row.problem.empty()) text += "    WRONG: " + row.problem + '\n';
  return text;
}

std::string to_json(const std::vector<ConfigRow>& rows, const std::vector<std::string>& unknown) {
  using Json = nlohmann::ordered_json;
  Json settings = Json::array();
  for (const ConfigRow& row : rows) {
    Json each{{"name", row.name},
              {"value", row.value},
              {"default", row.is_default},
              {"form", row.form},
              {"help", row.help}};
    if (!row.problem.empty()) each["problem"] = row.problem;
    settings.push_back(std::move(each));
  }
  const Json all{{"settings", std::move(settings)}, {"unknown", unknown}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace lbx::admin
