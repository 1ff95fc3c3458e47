// SPDX-License-Identifier: MIT
// A front's end of run/auth.sock. Nothing here waits, but for connect() and wait(): a front watches
// fd() for input, and for output while has_unsent(). One client serves all sessions of a front.
// When letterbox-authd has gone, every call fails; the front connects anew, and whoever was logging
// in is told to try again.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <deque>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "service/auth/protocol.h"

namespace lbx::auth {

/// Messages that wait because letterbox-authd does not take them, at most.
inline constexpr std::size_t kMaxUnsent = 1024;
inline constexpr std::string_view kAuthSocket = "run/auth.sock";

struct AuthSocketAddress {
  sockaddr_un address;
  socklen_t size;
};
/// `path` may begin with '@': a name without file.
Result<AuthSocketAddress> auth_socket_address(const std::string& path);

/// A connection to it, for whoever hands it to a front in its sandbox.
Result<UniqueFd> connect_socket(const std::string& path);

class AuthClient {
 public:
  static Result<AuthClient> connect(const std::string& path);
  /// Over a socket that is connected already: a front in its sandbox cannot connect.
  explicit AuthClient(UniqueFd socket) : socket_{std::move(socket)} {}

  int fd() const { return socket_.get(); }
  ExchangeId next_id() { return ++last_id_; }

  Result<void> send(const Request& request);
  bool has_unsent() const { return !unsent_.empty(); }
  Result<void> flush();

  /// The next reply; nothing where there is none now.
  Result<std::optional<Reply>> receive();
  /// Waits for it, at most so long.
  Result<Reply> wait(int timeout_ms);

 private:
  UniqueFd socket_;
  ExchangeId last_id_{0};
  std::deque<std::string> unsent_;
};

/// What a client that gives USER and PASS would have sent with AUTH PLAIN (RFC 4616). Neither may
/// hold a NUL.
std::string plain_message(const std::string& name, const std::string& password);

}  // namespace lbx::auth
