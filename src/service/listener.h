// SPDX-License-Identifier: MIT
// A server for conversations, over TCP and Unix sockets: many in one process, on a few threads, an
// event loop each connection takes part in as a coroutine (DESIGN rule 5). It promises:
//   - no more connections than the limits say, in all and from one place;
//   - nothing is read from a peer while output for it is pending, so a peer that does not read
//     costs one piece of output and holds up nobody;
//   - a conversation that waits for an answer from elsewhere holds up nobody either;
//   - a peer that is silent for longer than its conversation allows is hung up on;
//   - what came before TLS began is dropped, whatever it was (RFC 2595 section 4, CVE-2011-0411);
//   - SIGTERM and SIGINT end it; conversations that are open are dropped, like lost connections.
// All of Asio stands in listener.cc and connection.{h,cc}.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/wire/conversation.h"
#include "service/listening_socket.h"
#include "service/tls.h"
#include "service/watched.h"

namespace lbx {

/// What the loop does beside accepting; from any thread.
class ListenerLoop {
 public:
  virtual ~ListenerLoop() = default;
  /// `work` is done by one of the loop's threads.
  virtual void post(std::function<void()> work) = 0;
  /// Serves a connection that somebody else has accepted, and counted.
  virtual void adopt(UniqueFd socket, std::unique_ptr<Conversation> conversation) = 0;
  /// Accepts one that somebody else has listened for.
  virtual void admit(UniqueFd socket, bool tls) = 0;
  /// A descriptor that stays whoever's it is; false from `readable`: it is watched no more.
  virtual void watch(Watched what) = 0;
  virtual void stop() = 0;
};

struct ListenerOptions {
  std::size_t max_connections{2000};
  std::size_t max_per_address{500};
  unsigned threads{4};  // how many conversations may work at once, a hash or a large mailbox each
  std::size_t read_size{4096};
  std::string refusal;     // what a connection beyond the limits is told, with its line end
  bool until_gone{false};  // end with the first connection that does
  /// Served by the same loop. Conversations that wait for what comes there need one thread only.
  std::vector<Watched> watched{};
  /// What TLS is made from now; none: there is no TLS.
  std::function<std::shared_ptr<const TlsServer>()> tls{};
  /// Whether a peer is a proxy that begins with a header of the PROXY protocol.
  std::function<bool(const Peer& peer)> is_proxy{};
  /// Called when all is ready, before the first connection is taken.
  std::function<Result<void>(ListenerLoop& loop)> started{};
};

/// Makes the conversation for a connection just accepted; nullptr: this peer is not welcome, and is
/// told the refusal. Called from several threads.
using ConversationMaker = std::function<std::unique_ptr<Conversation>(const Peer& peer)>;

/// Serves until a signal ends it, or a watched descriptor says so.
Result<void> serve(std::vector<ListeningSocket> sockets, const ListenerOptions& options,
                   const ConversationMaker& make);

}  // namespace lbx
