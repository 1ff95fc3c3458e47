// SPDX-License-Identifier: MIT
#include "service/auth/offer.h"

namespace lbx::auth {

bool plaintext_allowed(const Connection& connection, PlaintextPolicy policy) {
  if (connection.tls || policy == PlaintextPolicy::Always) return true;
  return connection.loopback && policy == PlaintextPolicy::TlsOrLoopback;
}

std::vector<std::string> offered(const Abilities& abilities, const Connection& connection,
                                 PlaintextPolicy policy) {
  std::vector<std::string> names;
  if (!connection.certificate.empty() && connection.tls) names.emplace_back("EXTERNAL");
  if (abilities.scram_keys && connection.tls && !connection.channel_binding.empty()) {
    names.emplace_back("SCRAM-SHA-256-PLUS");
  }
  if (abilities.scram_keys) names.emplace_back("SCRAM-SHA-256");
  if (!plaintext_allowed(connection, policy)) return names;
  // A token is as good as a password to whoever overhears it.
  if (abilities.tokens) names.insert(names.end(), {"OAUTHBEARER", "XOAUTH2"});
  if (abilities.passwords) names.insert(names.end(), {"PLAIN", "LOGIN"});
  return names;
}

}  // namespace lbx::auth
