// SPDX-License-Identifier: MIT
// What a trusted proxy says of the client behind it: the PROXY protocol, versions 1 and 2, in
// front of the first octet of a connection, and the attributes of the XCLIENT command (Postfix,
// Dovecot). Pure parsers: who may say so is the driver's decision, and from anybody else the
// octets are what a client sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lbx {

/// Octets of a header of version 1 with its line end at most: the protocol's own limit.
inline constexpr std::size_t kMaxProxyLine = 107;
/// Octets of a header of version 2 at most, additions of the proxy included.
inline constexpr std::size_t kMaxProxyHeader = 4096;
/// Attributes of one XCLIENT command.
inline constexpr std::size_t kMaxXclientAttributes = 32;

struct PeerAddress {
  std::string address;  // as inet_ntop(3) writes it
  std::uint16_t port{0};
  bool operator==(const PeerAddress&) const = default;
};

struct ProxyHeader {
  std::size_t size;  // octets that it takes: the client's begin behind
  /// None: LOCAL (a health check: no greeting penalty, no log line) or UNKNOWN; the peer itself
  /// then is the client.
  std::optional<PeerAddress> source;
  std::optional<PeerAddress> destination;
};

enum class NoProxyHeader {
  More,  // so far it could be one: read on
  Bad,   // it is none: hang up
};

/// The header that `bytes` begin with.
std::variant<ProxyHeader, NoProxyHeader> parse_proxy_header(std::string_view bytes);

/// NAME=VALUE pairs of an XCLIENT command: names in upper case, values decoded (xtext, RFC 3461
/// section 4). [UNAVAILABLE] and [TEMPUNAVAIL] are empty values. Nothing where one is malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_xclient(
    std::string_view arguments);

/// The address in an XCLIENT ADDR: IPv4, IPv6 with or without "IPV6:" in front; one spelling.
std::optional<std::string> parse_xclient_address(std::string_view value);

}  // namespace lbx
