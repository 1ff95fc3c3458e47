// SPDX-License-Identifier: MIT
// Which peers a door is open to: users of this host through Unix sockets, addresses through TCP.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/users/accounts.h"
#include "service/listening_socket.h"

namespace lbx {

/// "192.0.2.0/24", "2001:db8::/32", or one address.
class Network {
 public:
  static Result<Network> parse(const std::string& text);
  /// `address` as Peer has it. An IPv4 address within IPv6 (::ffff:1.2.3.4) counts as itself.
  bool contains(const std::string& address) const;

 private:
  std::array<std::uint8_t, 16> octets_{};
  unsigned bits_{0};  // of 128
};

/// Whom a line of a setting names: a name, or the number itself. An unknown name is an error: a
/// typing mistake must not stay unseen.
Result<uid_t> user_id(users::Accounts& accounts, const std::string& name);

using Networks = std::vector<Network>;
Result<Networks> parse_networks(const std::vector<std::string>& texts);
bool contains(const Networks& networks, const std::string& address);

class Access {
 public:
  /// Root, we ourselves, and loopback addresses are always let in.
  Access();
  /// As user_id() has them.
  Result<void> add_users(users::Accounts& accounts, const std::vector<std::string>& names);
  Result<void> add_networks(const std::vector<std::string>& networks);

  bool allows(uid_t uid) const;
  bool allows(const Peer& peer) const;

 private:
  std::vector<uid_t> uids_;
  Networks networks_;
};

}  // namespace lbx
