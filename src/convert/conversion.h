// SPDX-License-Identifier: MIT
// What every conversion is: messages from a source into a sink. A new kind of mailbox is a new
// source or a new sink; nothing else changes.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/mbox/bookkeeping.h"
#include "core/mbox/quoting.h"

namespace lbx::convert {

struct Message {
  MessageState state;
  std::optional<Instant> time;  // of delivery, as far as anybody knows
  MessageSource content;        // valid until the source is asked for the next one
};

class Source {
 public:
  virtual ~Source() = default;
  /// The next message; nothing at the end.
  virtual Result<std::optional<Message>> next() = 0;
  /// How much lies behind, of size(), in a unit of its own.
  virtual std::uint64_t position() const = 0;
  virtual std::uint64_t size() const = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual Result<void> add(const Message& message) = 0;
  /// What was added is durable and visible afterwards; before, it may be neither.
  virtual Result<void> finish() = 0;
};

/// Who watches a conversion.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void update(std::uint64_t position, std::uint64_t size, std::uint64_t messages) = 0;
};

/// Takes every message of `source` into `sink`, and counts them in `messages`.
Result<void> convert_all(Source& source, Sink& sink, Progress& progress, std::uint64_t& messages);

}  // namespace lbx::convert
