// SPDX-License-Identifier: MIT
#include "service/auth/auth_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>

#include "core/wire/datagram.h"
#include "service/auth/prepare.h"

namespace lbx::auth {

Result<AuthSocketAddress> auth_socket_address(const std::string& path) {
  AuthSocketAddress made{};
  made.address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof made.address.sun_path) {
    return Error::later(path + ": not the path of a socket");
  }
  path.copy(made.address.sun_path, path.size());
  made.size = sizeof made.address;
  if (path.front() != '@') return made;
  made.address.sun_path[0] = '\0';
  made.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  return made;
}

Result<UniqueFd> connect_socket(const std::string& path) {
  const AuthSocketAddress to = LBX_TRY(auth_socket_address(path));
  UniqueFd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
  if (!socket) return Error::from_errno(errno, "socket");
  // The API of sockets wants this cast.
  const auto* const generic = reinterpret_cast<const sockaddr*>(&to.address);
  if (::connect(socket.get(), generic, to.size) != 0) return Error::from_errno(errno, path);
  return socket;
}

Result<AuthClient> AuthClient::connect(const std::string& path) {
  UniqueFd socket = LBX_TRY(connect_socket(path));
  return AuthClient{std::move(socket)};
}

Result<void> AuthClient::send(const Request& request) {
  if (unsent_.size() >= kMaxUnsent) return Error::later("authd does not take its messages");
  std::string message = encode(request);
  if (message.size() > wire::kMaxDatagram) {
    wipe(message);
    return Error::never("too long for authd");
  }
  unsent_.push_back(std::move(message));
  return flush();
}

Result<void> AuthClient::flush() {
  while (!unsent_.empty()) {
    const Result<void> sent =
        wire::send_datagram(socket_.get(), unsent_.front(), -1, wire::Wait::No);
    if (!sent && sent.error().os_error == EAGAIN) return {};
    if (!sent) return sent.error();
    wipe(unsent_.front());
    unsent_.pop_front();
  }
  return {};
}

Result<std::optional<Reply>> AuthClient::receive() {
  const Result<wire::Datagram> got = wire::receive_datagram(socket_.get(), wire::Wait::No);
  if (!got && got.error().os_error == EAGAIN) return std::optional<Reply>{};
  if (!got) return got.error();
  if (got->bytes.empty()) return Error::later("authd has gone");
  Reply reply = LBX_TRY(parse_reply(got->bytes));
  return std::optional<Reply>{std::move(reply)};
}

Result<Reply> AuthClient::wait(int timeout_ms) {
  for (;;) {
    std::optional<Reply> reply = LBX_TRY(receive());
    if (reply) return *std::move(reply);
    pollfd waiting{socket_.get(), static_cast<short>(POLLIN | (has_unsent() ? POLLOUT : 0)), 0};
    const int ready = ::poll(&waiting, 1, timeout_ms);
    if (ready == 0) return Error::later("authd does not answer");
    if (ready < 0 && errno != EINTR) return Error::from_errno(errno, "poll");
    LBX_TRY(flush());
  }
}

std::string plain_message(const std::string& name, const std::string& password) {
  return '\0' + name + '\0' + password;
}

}  // namespace lbx::auth
