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
//                'C' CHANGE NUL ID...       retry, hold, release, delete, fail; -> 'K' | 'Z' | 'D'
//                'S'                        counters -> 'S' NAME=VALUE NEWLINE ...
//
// RECORDS are a letter, text, and a NUL each, in this order:
//   F sender, [V envelope id], [R F|H], [U], { T recipient, [N notify], [O original recipient] }.
// A message of up to the inline limit is a sealed memfd; of a larger one the descriptor is the file
// of 'G', synced by the submitter, who has closed it but for the descriptor that he sends.
// Submissions follow each other on one connection; each waits for its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"

namespace lbx::wire {

/// Octets of an envelope at most, over all its datagrams.
inline constexpr std::size_t kMaxEnvelope = std::size_t{256} * 1024 * 1024;

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

/// The datagrams of an envelope, each of kMaxDatagram octets at most.
std::vector<std::string> encode(const DoorEnvelope& envelope);

/// An envelope out of its datagrams; knows no sockets.
class EnvelopeReader {
 public:
  /// The value is true with the last one: take() has the envelope. An error is Never: whoever sent
  /// this speaks another language, or too much.
  Result<bool> feed(std::string_view datagram);
  DoorEnvelope take();

 private:
  DoorEnvelope envelope_;
  std::size_t octets_{0};
  bool begun_{false};
};

/// A connection to the door. Blocking.
class QueueDoor {
 public:
  /// Later where nobody is there: os_error is ENOENT or ECONNREFUSED then.
  static Result<QueueDoor> connect(const std::string& path);

  struct SpoolFile {
    UniqueFd fd;
    std::string head;  // stands in it already; the descriptor is behind it
  };
  Result<SpoolFile> spool_file();

  /// The number of the message. The error's text is the queue's own, for the sender too.
  Result<std::int64_t> submit(const DoorEnvelope& envelope, UniqueFd message);

 private:
  explicit QueueDoor(UniqueFd socket) : socket_{std::move(socket)} {}
  UniqueFd socket_;
};

}  // namespace lbx::wire
