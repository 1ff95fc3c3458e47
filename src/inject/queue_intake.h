// SPDX-License-Identifier: MIT
// What qmail-queue takes and says (CONTRACT 1.6): a message on one descriptor, its envelope on
// another, an exit status for each way to fail. It promises that 0 means that the message is in the
// queue, durably, and everything else that it is not, or that nobody can tell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"
#include "core/wire/queue_door.h"

namespace lbx::inject {

/// Exit statuses: CONTRACT 1.6, and 0.8 for those of programs that stand in for it.
enum class QueueStatus : int {
  Queued = 0,
  AddressTooLong = 11,
  Refused = 31,
  NoMemory = 51,
  TimeOver = 52,
  WriteError = 53,
  ReadError = 54,
  NoHome = 61,
  NoQueue = 62,
  NoFile = 65,
  Later = 71,
  Disconnected = 74,
  Bug = 81,
  Explained = 82,
  NoEnvelope = 91,
};

/// F sender NUL { T recipient NUL } NUL, in pieces that may be cut anywhere. What follows the end
/// is not looked at.
class QueueEnvelopeReader {
 public:
  /// What an envelope may take at most: octets, and sizeof(wire::DoorRecipient) for each recipient.
  explicit QueueEnvelopeReader(std::size_t limit = wire::kMaxEnvelope) : room_{limit} {}

  enum class State { Open, Whole, AddressTooLong, TooLarge, Malformed };
  State feed(std::string_view bytes);
  wire::DoorEnvelope take() { return std::move(envelope_); }

 private:
  State octet(char octet);
  State end_of_address();

  wire::DoorEnvelope envelope_;
  std::size_t room_;
  std::string address_;
  char letter_{'\0'};  // of the address under way
  bool begun_{false};
  State state_{State::Open};
};

/// What $DSN_NOTIFY, $DSN_RET and $DSN_ENVID (RFC 3461) and 8-bit addresses (RFC 6531) add. Words
/// that make no sense there are passed over.
void add_parameters(wire::DoorEnvelope& envelope, const Environment& environment);

/// A way into the queue, as wire::QueueDoor has it.
struct QueueEntrance {
  std::function<Result<wire::QueueDoor::SpoolFile>()> spool_file;
  std::function<Result<std::int64_t>(const wire::DoorEnvelope&, UniqueFd)> submit;
};

class QueueIntake {
 public:
  using Find = std::function<Result<QueueEntrance>()>;

  /// `find` is called once, as late as possible. `system` must outlive it.
  QueueIntake(System& system, Find find) : system_{system}, find_{std::move(find)} {}

  /// Reads the message, then its envelope, each to its end, and submits.
  QueueStatus run(int message, int envelope);
  /// "Z" or "D" and a reason, where there is more to say than the status does.
  const std::string& text() const { return text_; }

 private:
  QueueStatus read_message(int from);
  QueueStatus read_envelope(int from);
  QueueStatus submit();
  QueueStatus find_entrance();
  QueueStatus to_file();
  QueueStatus failure(const Error& error, QueueStatus status);

  System& system_;
  Find find_;
  QueueEntrance entrance_;
  std::string memory_;
  UniqueFd file_;  // of a large message
  wire::DoorEnvelope envelope_;
  std::string text_;
};

}  // namespace lbx::inject
