// SPDX-License-Identifier: MIT
#include "pop3d/accounts.h"

namespace lbx::pop3d {

std::unique_ptr<SaslExchange> Accounts::begin_sasl(std::string_view /*mechanism*/) {
  return nullptr;
}

bool Accounts::speaks_for(const std::string& /*address*/) {
  return false;
}

LoginOutcome Accounts::open(const std::string& /*account*/) {
  return Refusal::Later;
}

}  // namespace lbx::pop3d
