// SPDX-License-Identifier: MIT
// A socket at which a door of the queue is served.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "core/base/unique_fd.h"

namespace lbx::testing_support {

inline UniqueFd listen_at(const std::string& path) {
  UniqueFd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::memcpy(static_cast<char*>(where.sun_path), path.c_str(), path.size() + 1);
  const auto* const address = reinterpret_cast<const sockaddr*>(&where);  // NOLINT: bind(2)'s way
  if (::bind(socket.get(), address, sizeof where) != 0) return {};
  if (::listen(socket.get(), 20) != 0) return {};
  return socket;
}

}  // namespace lbx::testing_support
