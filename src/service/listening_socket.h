// SPDX-License-Identifier: MIT
// Sockets that a server listens on, bound before it gives its privileges away; and who has
// connected.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"

namespace lbx {

struct ListeningSocket {
  UniqueFd fd;
  std::string name;  // as bound: "127.0.0.1:25", "[::1]:25", "unix:/run/x.sock"
  bool tls{false};   // begins with each connection
};

enum class SocketKind { Stream, Datagrams };

/// `address`: "HOST:PORT", "[::1]:PORT" (port 0: any that is free) or "unix:PATH". A socket that
/// nobody answers on any more is replaced. A Unix socket may be connected to by everybody: who has
/// done so is asked afterwards. Datagrams: SOCK_SEQPACKET, for Unix sockets only.
Result<ListeningSocket> listen_on(const std::string& address, SocketKind kind = SocketKind::Stream);

/// Those that systemd has opened for us (sd_listen_fds(3)), for streams; none if it has not. TLS
/// begins at once on those whose name (FileDescriptorName=) is `tls`.
Result<std::vector<ListeningSocket>> inherited_sockets(const System& system);

/// Says on standard output what is listened on; whoever started us may send clients from then on.
void announce(const std::vector<ListeningSocket>& sockets);

/// The other side of a connection.
struct Peer {
  std::string address;       // of TCP: "127.0.0.1", "::1"; of a Unix socket: "uid 33"
  std::optional<uid_t> uid;  // of a Unix socket
};
/// Nothing where it has gone already, or is no socket.
std::optional<Peer> peer_of(int connection);

}  // namespace lbx
