// SPDX-License-Identifier: MIT
#include "deliver/settings.h"

namespace lbx::deliver {

Result<Settings> read_settings(const control::ControlDirectory& control) {
  Settings settings;
  settings.control = &control;
  return settings;
}

Report bad_setting(const Error& error) {
  return {Verdict::Later, "Unable to use a setting. (#4.3.5)", error.what, ""};
}

}  // namespace lbx::deliver
