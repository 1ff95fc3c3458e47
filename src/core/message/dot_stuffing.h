// SPDX-License-Identifier: MIT
// Transparency for a message within a dialogue (RFC 1939 section 3, RFC 5321 section 4.5.2): a
// line that begins with a dot gets one more, and a line of one dot ends the message.
#pragma once

#include <string>
#include <string_view>

namespace lbx {

/// Stuffs octets whose lines end in CR LF (as CrlfEncoder gives them), chunk by chunk.
class DotStuffer {
 public:
  void append(std::string_view bytes, std::string& out);
  /// The final ".\r\n". What was appended must have ended with a line end, or be nothing. The
  /// stuffer is then as new.
  void finish(std::string& out);

 private:
  bool at_line_start_{true};  // the first octet of a message begins a line too
};

}  // namespace lbx
