// SPDX-License-Identifier: MIT
// A queue of qmail's (CONTRACT 1.7), read while nothing delivers from it. It is only read, and what
// was taken over may be removed. The number of the parts it is split into is found out by looking,
// as is whether todo/ and intd/ are split too ("big-todo").
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_ops.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "queue/store/message.h"

namespace lbx::queue {

/// Octets of an envelope, or of a list of recipients, at most.
inline constexpr std::size_t kMaxOldEnvelope = std::size_t{256} * 1024 * 1024;
/// Octets of the failures of one message at most.
inline constexpr std::size_t kMaxOldFailures = std::size_t{64} * 1024 * 1024;
/// Octets of the line that says who submitted a message, at most.
inline constexpr std::size_t kMaxReceivedLine = 1000;

/// Of todo/N: "uUID", "pPID", "FSENDER" and "TRECIPIENT", each ended by a NUL.
struct OldEnvelope {
  uid_t uid{0};
  pid_t pid{0};
  std::string sender;
  std::vector<std::string> recipients;
};
/// Later: it is not whole, or has what no envelope has.
Result<OldEnvelope> parse_old_envelope(std::string_view text);

/// Of local/N and remote/N: "TADDRESS", or "DADDRESS" once it has got the message or never will.
struct OldRecipient {
  Channel channel{Channel::Local};
  std::string address;
  bool done{false};
  bool operator==(const OldRecipient&) const = default;
};
Result<std::vector<OldRecipient>> parse_old_recipients(std::string_view text, Channel channel);

/// Of bounce/N: paragraphs of "<ADDRESS>:" and a report. What does not begin so belongs to the
/// paragraph before, or is a report about nobody in particular.
struct OldFailure {
  std::string address;
  std::string report;
  bool operator==(const OldFailure&) const = default;
};
std::vector<OldFailure> parse_old_failures(std::string_view text);

/// Who submitted a message, by the line that qmail-queue put in front of it. Nothing known is 0.
struct OldOrigin {
  uid_t uid{0};
  pid_t pid{0};
};
OldOrigin parse_old_origin(std::string_view received);

struct OldMessage {
  std::uint64_t number{0};
  bool classified{false};  // otherwise the recipients are as they were submitted
  std::string sender;
  uid_t uid{0};
  pid_t pid{0};
  std::int64_t born{0};
  std::int64_t written{0};  // when the message itself was
  std::uint64_t size{0};
  std::vector<OldRecipient> recipients;
  std::int64_t due_local{0};
  std::int64_t due_remote{0};
  std::vector<OldFailure> failures;
  std::int64_t failed{0};  // when the last of them was
};

class OldQueue {
 public:
  /// Holds qmail-send's own lock from here on, so that none can be started meanwhile. An error
  /// where one runs, or where this is no queue. `files` must outlive it.
  static Result<OldQueue> open(FileOps& files, const std::string& path);

  /// The numbers of all messages that were accepted, in their order. Errors of single messages
  /// come from read().
  std::vector<std::uint64_t> numbers() const;
  /// A message that was begun and never accepted, or is being removed, is in none of these.
  Result<OldMessage> read(std::uint64_t number) const;
  /// The message itself, at its first octet.
  Result<UniqueFd> open_message(std::uint64_t number) const;
  /// In an order that leaves nothing behind that qmail-send would deliver or bounce.
  Result<void> remove(std::uint64_t number) const;

 private:
  struct Places {
    std::string message;  // "mess/3/123"; empty: there is none
    std::string info;     // "info/3/123"
    std::string todo;     // "todo/123" or "todo/3/123"
  };
  OldQueue(FileOps& files, UniqueFd directory, UniqueFd lock)
      : files_{&files}, directory_{std::move(directory)}, lock_{std::move(lock)} {}
  Result<void> look();
  Result<void> look_into(const std::string& folder, std::string Places::*place);
  Result<std::string> text_of(const std::string& path, std::size_t limit) const;
  Result<void> read_unclassified(const Places& places, OldMessage& message) const;
  Result<void> read_classified(const Places& places, OldMessage& message) const;
  Result<std::int64_t> read_recipients(const std::string& path, Channel channel,
                                       OldMessage& message) const;

  FileOps* files_;
  UniqueFd directory_;
  UniqueFd lock_;
  std::map<std::uint64_t, Places> places_;
};

}  // namespace lbx::queue
