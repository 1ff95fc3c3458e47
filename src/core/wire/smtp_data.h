// SPDX-License-Identifier: MIT
// The message itself on its way in, after DATA (RFC 5321 section 4.5.2) or in the chunks of BDAT
// (RFC 3030): from the wire's CR LF to lines that end in LF, as Maildirs here hold them.
//
// Only CR LF ends a line, and only CR LF . CR LF ends the data. A bare CR or LF is noted and kept
// as it is; it begins no line, so no dot after it means anything: nothing that a peer sends can
// make two messages of one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lbx::wire {

class DataReceiver {
 public:
  enum class Framing {
    Dots,    // ends with a lone dot, dots at the beginning of lines are stuffed
    Chunks,  // the length is known from elsewhere, dots mean nothing
  };
  explicit DataReceiver(Framing framing) : framing_{framing} {}

  /// Appends to `out` what `bytes` hold of the message; how many of them belonged to it, the end of
  /// the data included. The rest, if any, is the peer's next command.
  std::size_t feed(std::string_view bytes, std::string& out);
  /// The message ends here, for Framing::Chunks.
  void finish(std::string& out);

  /// The lone dot has come.
  bool done() const { return state_ == State::Done; }
  /// There was a CR or an LF on its own.
  bool has_bare_line_end() const { return bare_; }

 private:
  enum class State { LineStart, Dot, DotReturn, Text, Return, Done };
  std::size_t feed_text(std::string_view bytes, std::string& out);
  bool step(char c, std::string& out);

  Framing framing_;
  State state_{State::LineStart};
  bool bare_{false};
};

}  // namespace lbx::wire
