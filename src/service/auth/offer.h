// SPDX-License-Identifier: MIT
// Which mechanisms a client is offered: only what the sources can serve, and what would show a
// password or a token to the network only where nobody listens (RFC 4954 section 4, RFC 5034
// section 4, RFC 8314).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lbx::auth {

/// The setting `plaintextlogin`.
enum class PlaintextPolicy { TlsOrLoopback, Tls, Always };

/// What the sources can do.
struct Abilities {
  bool passwords{false};
  bool scram_keys{false};
  bool tokens{false};
};

/// What the front knows of the connection.
struct Connection {
  bool tls{false};
  bool loopback{false};         // both ends on this machine
  std::string certificate;      // the account that a client certificate stands for, or empty
  std::string channel_binding;  // tls-exporter (RFC 9266), octets, or empty
  bool operator==(const Connection&) const = default;
};

/// The best first.
std::vector<std::string> offered(const Abilities& abilities, const Connection& connection,
                                 PlaintextPolicy policy);

bool plaintext_allowed(const Connection& connection, PlaintextPolicy policy);

}  // namespace lbx::auth
