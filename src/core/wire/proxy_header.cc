// SPDX-License-Identifier: MIT
#include "core/wire/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/base/ascii.h"

namespace lbx {
namespace {

using namespace std::string_view_literals;
using Outcome = std::variant<ProxyHeader, NoProxyHeader>;

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kFixedPart = 16;  // signature, version and command, family, length
constexpr unsigned kVersion2 = 2;
constexpr unsigned kLocal = 0;
constexpr unsigned kProxy = 1;
constexpr unsigned kInet = 1;
constexpr unsigned kInet6 = 2;

/// One spelling for each address; nothing if `text` is none of that family.
std::optional<std::string> canonical(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (text.find('\0') != text.npos) return std::nullopt;
  if (::inet_pton(family, std::string{text}.c_str(), bytes.data()) != 1) return std::nullopt;
  return ::inet_ntop(family, bytes.data(), out.data(), out.size());
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  const std::optional<std::uint64_t> value = ascii::parse_number(text);
  if (!value || *value > 0xFFFFU || text.size() > 5) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<PeerAddress> endpoint(int family, std::string_view address, std::string_view port) {
  const std::optional<std::string> host = canonical(family, address);
  const std::optional<std::uint16_t> number = port_of(port);
  if (!host || !number) return std::nullopt;
  return PeerAddress{*host, *number};
}

Outcome parse_line(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kMaxProxyLine);
  const std::size_t end = head.find("\r\n");
  if (end == head.npos) {
    return bytes.size() < kMaxProxyLine ? NoProxyHeader::More : NoProxyHeader::Bad;
  }
  const std::size_t size = end + 2;
  const std::vector<std::string_view> words = ascii::split(head.substr(0, end), ' ');
  if (words[1] == "UNKNOWN") return ProxyHeader{size, {}, {}};
  if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6")) return NoProxyHeader::Bad;
  const int family = words[1] == "TCP4" ? AF_INET : AF_INET6;
  const auto source = endpoint(family, words[2], words[4]);
  const auto destination = endpoint(family, words[3], words[5]);
  if (!source || !destination) return NoProxyHeader::Bad;
  return ProxyHeader{size, source, destination};
}

unsigned octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

PeerAddress binary_endpoint(int family, std::string_view address, std::string_view port) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(family, address.data(), out.data(), out.size());
  return {out.data(), static_cast<std::uint16_t>(octet(port, 0) << 8U | octet(port, 1))};
}

/// Addresses of `size` octets each, then the two ports.
ProxyHeader with_addresses(int family, std::size_t size, std::string_view body,
                           std::size_t header_size) {
  return {header_size, binary_endpoint(family, body, body.substr(2 * size)),
          binary_endpoint(family, body.substr(size), body.substr(2 * size + 2))};
}

Outcome parse_binary(std::string_view bytes) {
  if (bytes.size() < kFixedPart) return NoProxyHeader::More;
  const unsigned command = octet(bytes, 12) & 0xFU;
  const unsigned family = octet(bytes, 13) >> 4U;
  const std::size_t length = octet(bytes, 14) << 8U | octet(bytes, 15);
  const std::size_t size = kFixedPart + length;
  if (octet(bytes, 12) >> 4U != kVersion2 || size > kMaxProxyHeader) return NoProxyHeader::Bad;
  if (command != kLocal && command != kProxy) return NoProxyHeader::Bad;
  if (bytes.size() < size) return NoProxyHeader::More;
  const std::string_view body = bytes.substr(kFixedPart, length);
  if (command == kLocal) return ProxyHeader{size, {}, {}};
  const std::size_t address = family == kInet ? sizeof(in_addr) : sizeof(in6_addr);
  if (family != kInet && family != kInet6) return ProxyHeader{size, {}, {}};  // as UNKNOWN
  if (body.size() < 2 * address + 4) return NoProxyHeader::Bad;
  return with_addresses(family == kInet ? AF_INET : AF_INET6, address, body, size);
}

bool begins_like(std::string_view bytes, std::string_view start) {
  return bytes.substr(0, start.size()) == start.substr(0, bytes.size());
}

std::optional<unsigned> hex_digit(char c) {
  if (ascii::is_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!ascii::is_graph(text[at])) return std::nullopt;
    if (text[at] != '+') {
      out += text[at];
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const std::optional<unsigned> high = hex_digit(text[at + 1]);
    const std::optional<unsigned> low = hex_digit(text[at + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high << 4U | *low);
    at += 2;
  }
  return out;
}

}  // namespace

std::variant<ProxyHeader, NoProxyHeader> parse_proxy_header(std::string_view bytes) {
  if (bytes.empty()) return NoProxyHeader::More;
  if (begins_like(bytes, kLineStart)) {
    return bytes.size() < kLineStart.size() ? Outcome{NoProxyHeader::More} : parse_line(bytes);
  }
  if (begins_like(bytes, kSignature)) {
    return bytes.size() < kSignature.size() ? Outcome{NoProxyHeader::More} : parse_binary(bytes);
  }
  return NoProxyHeader::Bad;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_xclient(
    std::string_view arguments) {
  std::vector<std::pair<std::string, std::string>> attributes;
  for (const std::string_view word : ascii::split(arguments, ' ')) {
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    if (equals == word.npos || equals == 0) return std::nullopt;
    std::string name{word.substr(0, equals)};
    if (!std::ranges::all_of(name, &ascii::is_alpha)) return std::nullopt;
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    std::optional<std::string> value = decode_xtext(word.substr(equals + 1));
    if (!value || attributes.size() >= kMaxXclientAttributes) return std::nullopt;
    if (*value == "[UNAVAILABLE]" || *value == "[TEMPUNAVAIL]") value->clear();
    attributes.emplace_back(std::move(name), std::move(*value));
  }
  if (attributes.empty()) return std::nullopt;
  return attributes;
}

std::optional<std::string> parse_xclient_address(std::string_view value) {
  constexpr std::string_view kIpv6 = "IPV6:";
  if (ascii::starts_with_fold(value, kIpv6)) {
    return canonical(AF_INET6, value.substr(kIpv6.size()));
  }
  if (std::optional<std::string> address = canonical(AF_INET, value)) return address;
  return canonical(AF_INET6, value);
}

}  // namespace lbx
