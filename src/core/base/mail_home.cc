// SPDX-License-Identifier: MIT
#include "core/base/mail_home.h"

namespace lbx {

std::string mail_home(const Environment& environment, const std::optional<std::string>& asked_for) {
  if (asked_for) return *asked_for;
  const std::string set = lookup(environment, "LETTERBOX_HOME").value_or("");
  return set.empty() ? std::string{kDefaultMailHome} : set;
}

}  // namespace lbx
