// SPDX-License-Identifier: MIT
// A TCP server for conversations: many in one process, on a few threads, an event loop each
// connection takes part in as a coroutine (DESIGN rule 5). It promises:
//   - no more connections than the limits say, in all and from one address;
//   - nothing is read from a peer while output for it is pending, so a peer that does not read
//     costs one piece of output and holds up nobody;
//   - a peer that is silent for longer than its conversation allows is hung up on;
//   - SIGTERM and SIGINT end it; conversations that are open are dropped, like lost connections.
// All of Asio stands in listener.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/wire/conversation.h"

namespace lbx {

struct ListenerOptions {
  std::string address;  // "HOST:PORT", "[::1]:PORT"; port 0: any that is free
  std::size_t max_connections{2000};
  std::size_t max_per_address{500};
  unsigned threads{4};  // how many conversations may work at once, a hash or a large mailbox each
  std::string refusal;  // what a connection beyond the limits is told, with its line end
};

/// Makes the conversation for a connection just accepted. Called from several threads.
using ConversationMaker = std::function<std::unique_ptr<Conversation>()>;
/// Called once, when connections are accepted, with the address bound.
using ReadyCall = std::function<void(const std::string& address)>;

/// Serves until a signal ends it.
Result<void> serve(const ListenerOptions& options, const ConversationMaker& make,
                   const ReadyCall& ready);

}  // namespace lbx
