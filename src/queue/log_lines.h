// SPDX-License-Identifier: MIT
// The log of the queue: a line for each event, in the words of qmail-send (CONTRACT 1.8), so that
// programs that read its log read ours; or as a JSON object each. Foreign octets never break a
// line. Lines are gathered until flush().
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "queue/store/message.h"

namespace lbx::queue {

enum class LogFormat { Lines, Json };

/// How an attempt ended, in the log's words.
enum class LogResult { Success, Failure, Deferral };

/// Deliveries under way, and how many there may be.
struct LogStatus {
  std::size_t local{0};
  std::size_t local_most{0};
  std::size_t remote{0};
  std::size_t remote_most{0};
  bool exiting{false};  // as soon as those under way have ended
  bool operator==(const LogStatus&) const = default;
};

class LogLines {
 public:
  using Sink = std::function<void(std::string_view)>;

  LogLines(LogFormat format, Sink sink) : format_{format}, sink_{std::move(sink)} {}

  void status(const LogStatus& status);
  void exiting();
  void new_message(MessageId message);
  void info(MessageId message, const Envelope& envelope);
  void starting(std::uint64_t delivery, MessageId message, Channel channel,
                std::string_view address);
  void ended(std::uint64_t delivery, LogResult result, std::string_view text);
  void mangled(std::uint64_t delivery);
  void bounce(MessageId message, pid_t pid);
  void end(MessageId message);
  /// A sentence of the queue's own: "triple bounce: discarding bounce/17".
  void note(std::string_view text);
  /// "warning: ...", "alert: ...".
  void warning(std::string_view text);
  void alert(std::string_view text);

  /// Gives the sink all lines so far, at once.
  void flush();

 private:
  class Line;

  LogFormat format_;
  Sink sink_;
  std::string text_;
};

}  // namespace lbx::queue
