// SPDX-License-Identifier: MIT
#include "core/wire/datagram.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace lbx::wire {
namespace {

/// Room for one descriptor. More than one is never sent by us, and the kernel closes what does not
/// fit.
struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(sizeof(int))> octets{};
};

UniqueFd take_descriptor(msghdr& header) {
  cmsghdr* const control = CMSG_FIRSTHDR(&header);
  if (control == nullptr || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS ||
      control->cmsg_len < CMSG_LEN(sizeof(int))) {
    return {};
  }
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(control), sizeof descriptor);
  return UniqueFd{descriptor};
}

}  // namespace

Result<SocketPair> make_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error::from_errno(errno, "socketpair");
  }
  return SocketPair{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

Result<void> send_datagram(int socket, std::string_view bytes, int descriptor, Wait wait) {
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};  // NOLINT: sendmsg only reads it
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  Control control;
  if (descriptor >= 0) {
    header.msg_control = control.octets.data();
    header.msg_controllen = control.octets.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  }
  const int flags = MSG_NOSIGNAL | (wait == Wait::No ? MSG_DONTWAIT : 0);
  for (;;) {
    if (::sendmsg(socket, &header, flags) >= 0) return {};
    if (errno != EINTR) return Error::from_errno(errno, "sendmsg");
  }
}

Result<Datagram> receive_datagram(int socket, Wait wait) {
  std::array<char, kMaxDatagram> buffer;  // NOLINT: recvmsg fills what is read of it
  iovec piece{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  Control control;
  header.msg_control = control.octets.data();
  header.msg_controllen = CMSG_LEN(sizeof(int));  // not its padding, where a second one has room
  const int flags = MSG_CMSG_CLOEXEC | (wait == Wait::No ? MSG_DONTWAIT : 0);
  for (;;) {
    const ssize_t got = ::recvmsg(socket, &header, flags);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::from_errno(errno, "recvmsg");
    Datagram datagram{{buffer.data(), static_cast<std::size_t>(got)}, take_descriptor(header)};
    if ((header.msg_flags & MSG_TRUNC) != 0) return Error::later("a datagram that is too long");
    return datagram;
  }
}

Result<uid_t> peer_uid(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return Error::from_errno(errno, "SO_PEERCRED");
  }
  return peer.uid;
}

}  // namespace lbx::wire
