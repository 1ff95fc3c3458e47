// SPDX-License-Identifier: MIT
// Command lines from a peer's bytes, however they are cut. A line ends with LF; a CR in front of
// it goes. A line that is too long is handed out once, as such, as soon as that is known; its rest
// is dropped and is never taken for a command.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lbx::pop3d {

/// Octets of a command line without its end. RFC 2449 section 4 asks for 255 with it.
inline constexpr std::size_t kMaxLine = 1024;
/// The same for a line of a SASL exchange and for AUTH, whose initial response may be as long:
/// tokens of OAuth have several kilobytes.
inline constexpr std::size_t kMaxSaslLine = std::size_t{16} * 1024;

struct CommandLine {
  std::string text;  // empty if too long
  bool too_long{false};
};

class LineReader {
 public:
  enum class Expect { Command, SaslResponse };

  /// Keeps what is given: give no more while ready().
  void feed(std::string_view bytes);
  /// Whether next() has a line of that kind.
  bool ready(Expect expect = Expect::Command) const;
  std::optional<CommandLine> next(Expect expect = Expect::Command);
  /// Forgets what has been fed and not been read, also that a line has begun.
  void clear();
  std::string_view unread() const { return std::string_view{buffer_}.substr(read_); }

 private:
  std::size_t limit(Expect expect) const;

  std::string buffer_;
  std::size_t read_{0};   // octets at the front of buffer_ that have been handed out
  bool dropping_{false};  // the rest of a line that was too long
};

}  // namespace lbx::pop3d
