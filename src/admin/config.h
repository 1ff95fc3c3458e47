// SPDX-License-Identifier: MIT
// `letterbox config`: lists, explains, checks and sets what the control directory holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/control/control_directory.h"
#include "core/control/value.h"

namespace lbx::admin {

/// A setting as it is now.
struct ConfigRow {
  std::string name;
  std::vector<std::string> value;  // a line each; the default where the file is missing
  bool is_default;
  std::string problem;  // what is wrong with the file, or empty
  std::string form;     // "line", "number of seconds, 1 to 9", "one of: a b", "list"
  std::string help;
};

ConfigRow config_row(const control::ControlDirectory& control, const control::Setting& setting);

/// The setting of that name; where there is none, Retry::Never and a word that says so.
Result<control::Setting> find_setting(const std::string& name);

/// Files of the control directory that no setting knows. A missing directory has none.
Result<std::vector<std::string>> unknown_files(FileOps& files,
                                               const control::ControlDirectory& control);

/// Writes `lines` durably, or removes the file where there are none. What the setting would refuse
/// is refused here, and the file stays as it was.
Result<void> set_config(FileOps& files, const control::ControlDirectory& control,
                        const control::Setting& setting,
                        const std::optional<std::vector<std::string>>& lines);

/// A row for people, over one or more lines, with a newline at its end.
std::string to_text(const ConfigRow& row);
std::string to_json(const std::vector<ConfigRow>& rows, const std::vector<std::string>& unknown);

}  // namespace lbx::admin
