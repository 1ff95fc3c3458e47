// SPDX-License-Identifier: MIT
#include "service/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/base/ascii.h"

namespace lbx {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr mode_t kSocketMode = 0666;
constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr std::uint64_t kMaxInherited = 64;

/// Any address of a socket.
union Endpoint {
  sockaddr any;
  sockaddr_in four;
  sockaddr_in6 six;
  sockaddr_un unix;
  sockaddr_storage room;
};

struct Bound {
  Endpoint endpoint;
  socklen_t size;
};

Result<Bound> parse_unix(const std::string& path) {
  Bound bound{};
  bound.endpoint.unix.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof bound.endpoint.unix.sun_path) {
    return Error::later(path + ": not the path of a socket");
  }
  std::memcpy(bound.endpoint.unix.sun_path, path.c_str(), path.size() + 1);
  bound.size = sizeof bound.endpoint.unix;
  return bound;
}

Result<Bound> parse_tcp(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == text.npos ? std::nullopt : ascii::parse_number(text.substr(colon + 1));
  if (!port || *port > 65535) return Error::later(text + ": not ADDRESS:PORT");
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";

  Bound bound{};
  const auto number = htons(static_cast<std::uint16_t>(*port));
  if (::inet_pton(AF_INET, host.c_str(), &bound.endpoint.four.sin_addr) == 1) {
    bound.endpoint.four.sin_family = AF_INET;
    bound.endpoint.four.sin_port = number;
    bound.size = sizeof bound.endpoint.four;
  } else if (::inet_pton(AF_INET6, host.c_str(), &bound.endpoint.six.sin6_addr) == 1) {
    bound.endpoint.six.sin6_family = AF_INET6;
    bound.endpoint.six.sin6_port = number;
    bound.size = sizeof bound.endpoint.six;
  } else {
    return Error::later(text + ": not an IP address");
  }
  return bound;
}

std::string host_of(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* const address = endpoint.any.sa_family == AF_INET
                                  ? static_cast<const void*>(&endpoint.four.sin_addr)
                                  : static_cast<const void*>(&endpoint.six.sin6_addr);
  ::inet_ntop(endpoint.any.sa_family, address, text.data(), text.size());
  return text.data();
}

/// What the kernel calls it: with the port that it chose.
std::string name_of(int fd) {
  Endpoint endpoint{};
  socklen_t size = sizeof endpoint;
  if (::getsockname(fd, &endpoint.any, &size) != 0) return {};
  if (endpoint.any.sa_family == AF_UNIX) {
    return std::string{kUnix} + static_cast<const char*>(endpoint.unix.sun_path);
  }
  const bool six = endpoint.any.sa_family == AF_INET6;
  const auto port = ntohs(six ? endpoint.six.sin6_port : endpoint.four.sin_port);
  const std::string host = host_of(endpoint);
  return (six ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

/// Removes the socket of a server that has died: one that refuses connections.
void remove_stale(const Bound& bound, int type) {
  const UniqueFd probe{::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)};
  if (::connect(probe.get(), &bound.endpoint.any, bound.size) != 0 && errno == ECONNREFUSED) {
    static_cast<void>(::unlink(bound.endpoint.unix.sun_path));
  }
}

}  // namespace

Result<ListeningSocket> listen_on(const std::string& address, SocketKind kind) {
  const bool is_unix = address.starts_with(kUnix);
  const Bound bound =
      LBX_TRY(is_unix ? parse_unix(address.substr(kUnix.size())) : parse_tcp(address));
  const int type = kind == SocketKind::Stream ? SOCK_STREAM : SOCK_SEQPACKET;
  UniqueFd fd{::socket(bound.endpoint.any.sa_family, type | SOCK_CLOEXEC, 0)};
  if (!fd) return Error::from_errno(errno, "socket");
  if (is_unix) {
    remove_stale(bound, type);
  } else {
    const int yes = 1;
    static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
  }
  if (::bind(fd.get(), &bound.endpoint.any, bound.size) != 0 ||
      (is_unix && ::chmod(bound.endpoint.unix.sun_path, kSocketMode) != 0) ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    return Error::from_errno(errno, "listen " + address);
  }
  std::string name = name_of(fd.get());
  return ListeningSocket{std::move(fd), std::move(name), false};
}

Result<std::vector<ListeningSocket>> inherited_sockets(const System& system) {
  std::vector<ListeningSocket> sockets;
  const auto pid = lookup(system.environment, "LISTEN_PID");
  const auto count = lookup(system.environment, "LISTEN_FDS");
  if (!pid || !count || *pid != std::to_string(system.pid)) return sockets;
  const auto number = ascii::parse_number(*count);
  if (!number || *number > kMaxInherited) return Error::later("LISTEN_FDS makes no sense");
  const std::string all_names = lookup(system.environment, "LISTEN_FDNAMES").value_or("");
  const std::vector<std::string_view> names = ascii::split(all_names, ':');
  for (std::size_t i = 0; i < *number; ++i) {
    const int fd = kFirstInherited + static_cast<int>(i);
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return Error::from_errno(errno, "LISTEN_FDS");
    sockets.push_back({UniqueFd{fd}, name_of(fd), i < names.size() && names[i] == "tls"});
  }
  return sockets;
}

void announce(const std::vector<ListeningSocket>& sockets) {
  for (const ListeningSocket& each : sockets) std::printf("listening %s\n", each.name.c_str());
  static_cast<void>(std::fflush(stdout));
}

std::optional<Peer> peer_of(int connection) {
  Endpoint endpoint{};
  socklen_t size = sizeof endpoint;
  if (::getpeername(connection, &endpoint.any, &size) != 0) return std::nullopt;
  if (endpoint.any.sa_family != AF_UNIX) return Peer{host_of(endpoint), std::nullopt};
  ucred peer{};
  socklen_t peer_size = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) != 0) {
    return std::nullopt;
  }
  return Peer{"uid " + std::to_string(peer.uid), peer.uid};
}

}  // namespace lbx
