// SPDX-License-Identifier: MIT
#include "core/base/system.h"

namespace lbx {

std::optional<std::string> lookup(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  if (found == environment.end()) return std::nullopt;
  return found->second;
}

}  // namespace lbx
