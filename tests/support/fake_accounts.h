// SPDX-License-Identifier: MIT
// An account database of a test's own.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/users/accounts.h"

namespace lbx::testing_support {

class FakeAccounts final : public users::Accounts {
 public:
  std::map<std::string, users::Account> known;
  bool broken{false};

  Result<std::optional<users::Account>> by_name(const std::string& name) override {
    if (broken) return Error::later("the directory service does not answer");
    const auto found = known.find(name);
    if (found == known.end()) return std::optional<users::Account>{};
    return std::optional{found->second};
  }
};

}  // namespace lbx::testing_support
