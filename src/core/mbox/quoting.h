// SPDX-License-Identifier: MIT
// The quoting of lines that would look like the beginning of a message, chunk by chunk and in
// bounded memory: a line of any length, even 100 MB of '>', is passed on as it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/io.h"
#include "core/base/result.h"

namespace lbx {

/// What begins the From_ line of an mbox.
inline constexpr std::string_view kFromWord = "From ";

/// Which lines of a message are quoted with '>'.
enum class FromQuoting {
  None,    // mboxcl2: the length tells where a message ends
  Plain,   // mboxo, mboxcl: "From ", once; cannot be undone with certainty
  Nested,  // mboxrd: ">*From "; can be undone
};

class FromTransform {
 public:
  enum class Direction { Quote, Unquote };
  FromTransform(Direction direction, FromQuoting quoting)
      : direction_{direction}, quoting_{quoting} {}

  /// Appends to `out` what `bytes` become; equal for every split into chunks. Up to five octets
  /// are held back until the next call.
  void append(std::string_view bytes, std::string& out);
  /// Gives out what was held back; the transform is then as new.
  void finish(std::string& out);

  /// Lines that were changed so far.
  std::uint64_t changed() const { return changed_; }
  /// True once a line came with two marks: what only mboxrd writes.
  bool saw_nested() const { return saw_nested_; }

 private:
  std::size_t copy_lines(std::string_view bytes, std::string& out);
  std::size_t look_at_prefix(std::string_view bytes, std::string& out);
  bool takes_mark() const;
  void accept(std::string& out);
  void reject(std::string& out);

  Direction direction_;
  FromQuoting quoting_;
  bool in_prefix_{true};    // at the start of a line, or within what may become ">*From "
  bool held_mark_{false};   // one '>' is held back: Unquote drops it if "From " follows
  std::uint64_t marks_{0};  // '>' of this line so far
  std::size_t matched_{0};  // octets of kFromWord that are held back
  std::uint64_t changed_{0};
  bool saw_nested_{false};
};

/// Gives a message's octets to the sink, chunk by chunk; passes on the sink's error.
using MessageSource = std::function<Result<void>(const ChunkSink&)>;

/// Gives `head` to `out`, then the quoted message, a newline where its last line has none, and the
/// empty line that ends a message in an mbox.
Result<void> write_quoted(FromQuoting quoting, std::string head, const MessageSource& message,
                          const ChunkSink& out);

}  // namespace lbx
