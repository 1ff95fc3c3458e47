// SPDX-License-Identifier: MIT
// Drives one conversation over two descriptors, as under tcpserver, inetd or s6: DESIGN rule 5.
#pragma once

#include <cstddef>
#include <optional>

#include "core/base/result.h"
#include "core/wire/conversation.h"
#include "service/watched.h"

namespace lbx {

struct StdioOptions {
  int in{0};
  int out{1};
  /// Octets read at once. 1 where another program goes on reading after us: it must find all that
  /// the peer sent for it.
  std::size_t read_size{4096};
  /// Where the answers come from that the conversation waits for.
  std::optional<Watched> watched{};
};

/// Returns when the conversation has ended or the peer is gone; that is no error. An error is a
/// peer that was silent for too long, or took nothing for as long, or a descriptor that fails.
Result<void> converse(Conversation& conversation, const StdioOptions& options = {});

}  // namespace lbx
