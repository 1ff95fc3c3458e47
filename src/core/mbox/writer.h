// SPDX-License-Identifier: MIT
// Messages as an mbox. In mboxrd, what MboxReader gives back is the same message, octet for octet,
// with its state and its time in seconds; where the format has no place for something, the writer
// puts a note in front (bookkeeping.h), and only there. See mbox(5).
#pragma once

#include <cstdint>
#include <string>

#include "core/base/io.h"
#include "core/base/result.h"
#include "core/mbox/bookkeeping.h"
#include "core/mbox/quoting.h"

namespace lbx {

enum class MboxWriteDialect { Mboxrd, Mboxo };

class MboxWriter {
 public:
  /// `out` takes what is to be appended to the mbox.
  MboxWriter(MboxWriteDialect dialect, ChunkSink out) : dialect_{dialect}, out_{std::move(out)} {}

  /// Writes one message. `message` is asked twice: what it is decides what is written before it.
  /// Where the From_ line can take its sender from nowhere else, it takes the Return-Path field.
  Result<void> write(std::int64_t seconds, const MessageState& state, const MessageSource& message);

 private:
  MboxWriteDialect dialect_;
  ChunkSink out_;
};

}  // namespace lbx
