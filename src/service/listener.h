// SPDX-License-Identifier: MIT
// A server for conversations, over TCP and Unix sockets: many in one process, on a few threads, an
// event loop each connection takes part in as a coroutine (DESIGN rule 5). It promises:
//   - no more connections than the limits say, in all and from one address;
//   - nothing is read from a peer while output for it is pending, so a peer that does not read
//     costs one piece of output and holds up nobody;
//   - a conversation that waits for an answer from elsewhere holds up nobody either;
//   - a peer that is silent for longer than its conversation allows is hung up on;
//   - SIGTERM and SIGINT end it; conversations that are open are dropped, like lost connections.
// All of Asio stands in listener.cc.
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
#include "service/watched.h"

namespace lbx {

struct ListenerOptions {
  std::size_t max_connections{2000};
  std::size_t max_per_address{500};
  unsigned threads{4};  // how many conversations may work at once, a hash or a large mailbox each
  std::size_t read_size{4096};
  std::string refusal;  // what a connection beyond the limits is told, with its line end
  /// Served by the same loop. Conversations that wait for what comes there need one thread only.
  std::vector<Watched> watched{};
};

/// Makes the conversation for a connection just accepted; nullptr: this peer is not welcome, and is
/// told the refusal. Called from several threads.
using ConversationMaker = std::function<std::unique_ptr<Conversation>(const Peer& peer)>;

/// Serves until a signal ends it, or a watched descriptor says so.
Result<void> serve(std::vector<ListeningSocket> sockets, const ListenerOptions& options,
                   const ConversationMaker& make);

}  // namespace lbx
