// SPDX-License-Identifier: MIT
#include "core/wire/place.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

namespace lbx {
namespace {

constexpr unsigned kLoopbackNet = 127;

}  // namespace

std::string place_of(const std::string& address) {
  in_addr four{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return address;
  in6_addr six{};
  if (::inet_pton(AF_INET6, address.c_str(), &six) != 1) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    ::inet_ntop(AF_INET, &six.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  if (IN6_IS_ADDR_LOOPBACK(&six)) return "::1";
  std::memset(&six.s6_addr[8], 0, 8);
  ::inet_ntop(AF_INET6, &six, text.data(), text.size());
  return std::string{text.data()} + "/64";
}

bool is_loopback(const std::string& address) {
  const std::string place = place_of(address);
  in_addr four{};
  if (::inet_pton(AF_INET, place.c_str(), &four) != 1) return place == "::1";
  return (ntohl(four.s_addr) >> 24U) == kLoopbackNet;
}

}  // namespace lbx
