// SPDX-License-Identifier: MIT
#include "service/auth/auth_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>

#include "core/wire/datagram.h"
#include "service/auth/prepare.h"

namespace lbx::auth {

Result<AuthClient> AuthClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Error::later(path + ": too long for a socket");
  path.copy(address.sun_path, path.size());
  UniqueFd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
  if (!socket) return Error::from_errno(errno, "socket");
  // The API of sockets wants this cast.
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), generic, sizeof address) != 0) return Error::from_errno(errno, path);
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
