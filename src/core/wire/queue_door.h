// SPDX-License-Identifier: MIT
// The door of the queue, run/queue.sock of the mail home (DESIGN section 4): datagrams, each a
// letter and its text; messages come as descriptors. The kernel says who is at the other end.
//
//   submission   'M' RECORDS [descriptor]   part of an envelope; the first part has the message
//                'E' RECORDS [descriptor]   its last part, often the only one
//                -> 'K' NUMBER              in the queue, durably
//                -> 'Z' TEXT | 'D' TEXT     later | never; nothing is queued
//   large one    'G'                        a file of the queue's, to write a message into
//                -> 'G' LINE [descriptor]   open for reading and writing; it begins with LINE
//                                           (the Received field), which must stay
//   by the queue's own users and root
//                'C' CHANGE NUL ID...       queue_control.h; -> 'K' COUNT | 'Z' | 'D'
//                'S'                        counters -> 'S' NAME=VALUE NEWLINE ...
//
// RECORDS are a letter, text, and a NUL each, in this order:
//   F sender, [V envelope id], [R FULL|HDRS], [U], { T recipient, [N notify], [O original] }.
// A message of up to kMaxDoorMemory octets is a sealed memfd; of a larger one the descriptor is the
// file of 'G', synced by the submitter, who has closed it but for the descriptor that he sends.
// Submissions follow each other on one connection; each waits for its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"
#include "core/wire/queue_control.h"

namespace lbx::wire {

/// What an envelope may take at most, over all its datagrams: its octets, and for each recipient
/// sizeof(DoorRecipient).
inline constexpr std::size_t kMaxEnvelope = std::size_t{256} * 1024 * 1024;
/// Octets of an address at most, and of each of the other texts.
inline constexpr std::size_t kMaxDoorAddress = 1002;
inline constexpr std::size_t kMaxDoorText = 1002;
/// Octets of a message that comes as a memfd at most; a larger one needs the queue's own file.
inline constexpr std::size_t kMaxDoorMemory = std::size_t{256} * 1024;
/// Octets of the line that stands in a file of 'G' already.
inline constexpr std::size_t kMaxDoorHead = 1024;

/// A recipient as it is submitted. `notify` is "NEVER" or a list of SUCCESS, FAILURE, DELAY.
struct DoorRecipient {
  std::string address;
  std::string notify{};
  std::string original{};  // ORCPT, xtext decoded
  bool operator==(const DoorRecipient&) const = default;
};

struct DoorEnvelope {
  std::string sender;
  std::string envelope_id{};
  std::string extent{};  // "", "FULL" or "HDRS"
  bool utf8{false};
  std::vector<DoorRecipient> recipients;
  bool operator==(const DoorEnvelope&) const = default;
};

/// The datagrams of an envelope, each of kMaxDatagram octets at most. A NUL ends a text.
std::vector<std::string> encode(const DoorEnvelope& envelope);

/// An envelope out of its datagrams; knows no sockets.
class EnvelopeReader {
 public:
  EnvelopeReader() : EnvelopeReader{kMaxEnvelope} {}
  explicit EnvelopeReader(std::size_t limit) : limit_{limit} {}

  /// The value is true with the last one: take() has the envelope. An error is Never: whoever sent
  /// this speaks another language, or too much.
  Result<bool> feed(std::string_view datagram);
  /// The envelope, once; the reader is ready for another.
  DoorEnvelope take();
  /// About the memory that it takes so far.
  std::size_t size() const { return size_; }

 private:
  Result<void> record(char letter, std::string_view text);
  Result<void> of_message(char letter, std::string_view text);
  Result<void> of_recipient(char letter, std::string_view text);

  std::size_t limit_;
  DoorEnvelope envelope_;
  std::size_t size_{0};
  char last_{'\0'};  // the letter of the last record
};

/// A connection to the door. Blocking.
class QueueDoor {
 public:
  /// Later where nobody is there: os_error is ENOENT or ECONNREFUSED then.
  static Result<QueueDoor> connect(const std::string& path);
  /// The same with a socket that is connected already.
  explicit QueueDoor(UniqueFd socket) : socket_{std::move(socket)} {}

  struct SpoolFile {
    UniqueFd fd;
    std::string head;  // stands in it already; the descriptor is behind it
  };
  Result<SpoolFile> spool_file();

  /// The number of the message. Where the queue has refused it, the error's text is the queue's
  /// own, for the sender too, and its os_error is 0.
  Result<std::int64_t> submit(const DoorEnvelope& envelope, UniqueFd message);

  /// What an administrator says (queue_control.h): how many of the recipients were changed.
  Result<std::uint64_t> change(std::string_view change, std::string_view text,
                               std::span<const std::int64_t> recipients);
  Result<std::vector<Counter>> counters();

 private:
  Result<void> send_all(const DoorEnvelope& envelope, UniqueFd message);

  UniqueFd socket_;
};

}  // namespace lbx::wire
