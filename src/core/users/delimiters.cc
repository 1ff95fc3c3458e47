// SPDX-License-Identifier: MIT
#include "core/users/delimiters.h"

#include "core/base/ascii.h"
#include "core/control/settings.h"

namespace lbx::users {

Result<std::string> read_delimiters(const control::ControlDirectory& control) {
  std::string delimiters = LBX_TRY(control.get(control::kDelimiters));
  for (const char each : delimiters) {
    // '@', '/', '.' and ':' mean something else in an address or in the name of a .qmail file.
    const bool other = std::string_view{"@/.:"}.find(each) != std::string_view::npos;
    if (ascii::is_graph(each) && !ascii::is_alnum(each) && !other) continue;
    return Error::later(control.mail_home() + "/control/" + std::string{control::kDelimiters.file} +
                        ": only punctuation can separate user and extension");
  }
  return delimiters;
}

}  // namespace lbx::users
