// SPDX-License-Identifier: MIT
// A stored message on its way to the peer: cut for TOP, line ends made CR LF, dots stuffed, ended
// by ".\r\n"; piece by piece, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/message/wire_encoder.h"
#include "pop3d/dialect.h"
#include "pop3d/maildrop.h"

namespace lbx::pop3d {

/// Finds the end of what TOP sends (RFC 1939 section 7): the header, the blank line, and `lines`
/// lines of the body; all, where there are no more. A message without blank line is all header. In
/// qmail's dialect a blank line is one without any octet as it is stored, so a message stored with
/// CRLF has none and comes whole.
class TopCutter {
 public:
  TopCutter(std::uint64_t lines, Dialect dialect)
      : lines_{lines}, carriage_return_is_blank_{dialect == Dialect::Letterbox} {}
  /// The part of the next `chunk` that belongs to it.
  std::string_view cut(std::string_view chunk);
  bool done() const { return done_; }

 private:
  enum class Line { Empty, CarriageReturn, Text };
  std::size_t end_of_header(std::string_view chunk);

  std::uint64_t lines_;
  bool carriage_return_is_blank_;
  bool in_header_{true};
  Line line_{Line::Empty};  // the current line of the header, so far
  bool done_{false};
};

class MessageStream {
 public:
  enum class State { More, Done, Broken };

  /// The whole message.
  explicit MessageStream(std::unique_ptr<OpenMessage> message);
  /// What TOP sends of it.
  MessageStream(std::unique_ptr<OpenMessage> message, TopCutter top);

  /// Appends the next piece. Broken: the message could not be read further. The reply has begun,
  /// so all that is left is to hang up without its last line: the peer must not take a part for
  /// the whole.
  State produce(std::string& out);

  /// Octets sent so far, as LIST counts them.
  std::uint64_t octets() const { return encoder_.octets(); }
  /// Not only what TOP sends.
  bool whole() const { return !top_; }

 private:
  std::unique_ptr<OpenMessage> message_;
  std::optional<TopCutter> top_;
  std::unique_ptr<char[]> chunk_;
  WireEncoder encoder_;
};

}  // namespace lbx::pop3d
