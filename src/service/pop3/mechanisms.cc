// SPDX-License-Identifier: MIT
#include "service/pop3/mechanisms.h"

#include <algorithm>

namespace lbx::pop3 {

std::vector<pop3d::Mechanism> mechanisms_of(const std::vector<std::string>& names) {
  std::vector<pop3d::Mechanism> mechanisms;
  mechanisms.reserve(names.size());
  for (const std::string& each : names) mechanisms.push_back({each, false});
  return mechanisms;
}

bool offers_passwords(const std::vector<std::string>& names) {
  return std::ranges::find(names, "PLAIN") != names.end();
}

}  // namespace lbx::pop3
