// SPDX-License-Identifier: MIT
#include "service/access.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "core/base/ascii.h"

namespace lbx {
namespace {

using Octets = std::array<std::uint8_t, 16>;
constexpr unsigned kMappedBits = 96;  // of ::ffff:0:0/96, where IPv4 addresses lie

struct ParsedAddress {
  Octets octets;
  bool four;
};

std::optional<ParsedAddress> parse_address(const std::string& text) {
  ParsedAddress out{{}, false};
  if (::inet_pton(AF_INET6, text.c_str(), out.octets.data()) == 1) return out;
  out.octets = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  out.four = true;
  if (::inet_pton(AF_INET, text.c_str(), out.octets.data() + kMappedBits / 8) == 1) return out;
  return std::nullopt;
}

}  // namespace

Result<Network> Network::parse(const std::string& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<ParsedAddress> address = parse_address(text.substr(0, slash));
  if (!address) return Error::later(text + ": not an IP address or network");
  const unsigned most = address->four ? 32 : 128;
  Network network;
  network.octets_ = address->octets;
  network.bits_ = 128;
  if (slash < text.size()) {
    const auto bits = ascii::parse_number(text.substr(slash + 1));
    if (!bits || *bits > most) return Error::later(text + ": not an IP network");
    network.bits_ = 128 - most + static_cast<unsigned>(*bits);
  }
  return network;
}

bool Network::contains(const std::string& address) const {
  const std::optional<ParsedAddress> parsed = parse_address(address);
  if (!parsed) return false;
  for (unsigned bit = 0; bit < bits_; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    if (((octets_.at(bit / 8) ^ parsed->octets.at(bit / 8)) & mask) != 0) return false;
  }
  return true;
}

Result<Networks> parse_networks(const std::vector<std::string>& texts) {
  Networks networks;
  for (const std::string& each : texts) networks.push_back(LBX_TRY(Network::parse(each)));
  return networks;
}

bool contains(const Networks& networks, const std::string& address) {
  return std::ranges::any_of(networks, [&](const Network& each) { return each.contains(address); });
}

Result<uid_t> user_id(users::Accounts& accounts, const std::string& name) {
  static constexpr std::uint64_t kNobody = std::numeric_limits<uid_t>::max();  // -1 of chown(2)
  const auto number = ascii::parse_number(name);
  if (number && *number < kNobody) return static_cast<uid_t>(*number);
  const std::optional<users::Account> account = LBX_TRY(accounts.by_name(name));
  if (!account) return Error::later("no such user: " + name);
  return account->uid;
}

Access::Access() : uids_{0, ::geteuid()} {
  for (const char* each : {"127.0.0.0/8", "::1"}) networks_.push_back(*Network::parse(each));
}

Result<void> Access::add_users(users::Accounts& accounts, const std::vector<std::string>& names) {
  for (const std::string& name : names) uids_.push_back(LBX_TRY(user_id(accounts, name)));
  return {};
}

Result<void> Access::add_networks(const std::vector<std::string>& networks) {
  const Networks more = LBX_TRY(parse_networks(networks));
  networks_.insert(networks_.end(), more.begin(), more.end());
  return {};
}

bool Access::allows(uid_t uid) const {
  return std::ranges::find(uids_, uid) != uids_.end();
}

bool Access::allows(const Peer& peer) const {
  if (peer.uid) return allows(*peer.uid);
  return contains(networks_, peer.address);
}

}  // namespace lbx
