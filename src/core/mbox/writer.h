// SPDX-License-Identifier: MIT
// Messages as an mbox. In every dialect but mboxo, what MboxReader gives back is the same message,
// octet for octet, with its state and its time in seconds; where the format has no place for
// something, the writer puts a note in front (bookkeeping.h), and only there. What it cannot save
// is told. mboxo is for programs that know nothing else, and gets no notes. See mbox(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/io.h"
#include "core/base/result.h"
#include "core/mbox/bookkeeping.h"
#include "core/mbox/dialect.h"
#include "core/mbox/quoting.h"

namespace lbx {

/// What an mbox says of a message beside its octets.
struct MboxEntry {
  std::int64_t seconds{0};
  MessageState state{};
  std::vector<std::string> keywords{};  // names
  std::optional<std::uint32_t> uid{};   // the writer of a file sees to it that they ascend
};

/// What a reader will not give back as it was.
enum class MboxLoss {
  FromLine,  // a line ">From " will be taken for a quoted one
  End,       // a newline is added
  Header,    // a field of its own will be taken for bookkeeping, or text for a header
  Flags,     // X-Status has no letter for one
  Keywords,  // X-Keywords cannot say a name
  Time,      // no year of four digits, or one that counts as none
  Nul,       // a NUL before "From " will be taken for a hole in a damaged file
};
std::string_view describe(MboxLoss loss);
using MboxLosses = std::vector<MboxLoss>;  // in the order above, once each

/// What `dialect` would lose of a message; reads it once.
Result<MboxLosses> losses_in(MboxDialect dialect, const MboxEntry& entry,
                             const MessageSource& message);
/// Whether it would lose nothing.
Result<bool> can_represent(MboxDialect dialect, const MboxEntry& entry,
                           const MessageSource& message);

class MboxWriter {
 public:
  /// `out` takes what is to be appended to the mbox, which must be of the same dialect.
  MboxWriter(MboxDialect dialect, ChunkSink out) : dialect_{dialect}, out_{std::move(out)} {}

  /// Stands in the next message, which must be the mailbox's first.
  void set_imap_base(ImapNumbers base) { imap_base_ = std::move(base); }
  /// Writes one message, and says what is lost of it. `message` is asked twice, in mboxcl and
  /// mboxcl2 three times: what it is decides what is written before it. Where the From_ line can
  /// take its sender from nowhere else, it takes the Return-Path field.
  Result<MboxLosses> write(const MboxEntry& entry, const MessageSource& message);

 private:
  MboxDialect dialect_;
  ChunkSink out_;
  std::optional<ImapNumbers> imap_base_;
};

}  // namespace lbx
