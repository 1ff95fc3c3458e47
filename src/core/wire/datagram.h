// SPDX-License-Identifier: MIT
// Datagrams between processes of ours, over SOCK_SEQPACKET sockets, each with a descriptor or
// without (DESIGN rule 1): a message travels as one and is never copied.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace lbx::wire {

/// Octets of a datagram at most.
inline constexpr std::size_t kMaxDatagram = 16384;

struct Datagram {
  std::string bytes;  // empty: the other side has gone
  UniqueFd descriptor;
};

struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};
/// Both ends close-on-exec, blocking.
Result<SocketPair> make_socket_pair();

/// Whether a call shall wait.
enum class Wait { No, Yes };

/// Errors: EAGAIN where it would have to wait and shall not, EPIPE where the other side has gone.
Result<void> send_datagram(int socket, std::string_view bytes, int descriptor, Wait wait);
Result<Datagram> receive_datagram(int socket, Wait wait);

/// Who is at the other end of a Unix socket, as the kernel knows it.
Result<uid_t> peer_uid(int socket);

}  // namespace lbx::wire
