// SPDX-License-Identifier: MIT
// Handing a message to the queue through qmail-queue's interface (CONTRACT 0.8): the program that
// $QMAILQUEUE names, else bin/qmail-queue of the mail home, with the message on descriptor 0, the
// envelope on 1 and, for a text of its own, 6. Whoever calls has SIGPIPE ignored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/process.h"
#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx::wire {

/// Octets of a queue program's own text that are kept.
inline constexpr std::size_t kMaxQueueText = 255;

struct Envelope {
  std::string sender;
  std::vector<std::string> recipients;
};

/// What an exit of a queue program means: success, or its text without the letter, never or later
/// by that letter. `text` is what came on descriptor 6.
Result<void> queue_result(ExitStatus status, std::string_view text);

class QueueSubmission {
 public:
  /// Starts the queue program with `environment`, which says which it is.
  static Result<QueueSubmission> open(System& system, const Environment& environment);

  /// More of the message. A failure is kept until finish(): the program's exit status says more
  /// than a broken pipe.
  void write(std::string_view bytes);
  /// The message cannot be completed: the queue program will see it end without an envelope.
  void abandon() { failed_ = true; }

  /// Ends the message, gives the envelope and waits. The value is the program's process id, which
  /// logs call `qp`. Only after it is the message somebody else's.
  Result<pid_t> finish(const Envelope& envelope) &&;

 private:
  QueueSubmission(System& system, Child child, UniqueFd message, UniqueFd envelope, UniqueFd text)
      : system_{&system},
        child_{std::move(child)},
        message_{std::move(message)},
        envelope_{std::move(envelope)},
        text_{std::move(text)} {}
  void put(const UniqueFd& pipe, std::string_view bytes);

  System* system_;
  Child child_;
  UniqueFd message_;
  UniqueFd envelope_;
  UniqueFd text_;
  bool failed_{false};
};

}  // namespace lbx::wire
