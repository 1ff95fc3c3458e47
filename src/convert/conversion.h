// SPDX-License-Identifier: MIT
// What every conversion is: messages from a source into a sink. A new kind of mailbox is a new
// source or a new sink; nothing else changes.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/maildir/folder_name.h"
#include "core/mbox/bookkeeping.h"
#include "core/mbox/quoting.h"

namespace lbx::convert {

struct Message {
  MessageState state;
  std::optional<Instant> time;  // of delivery, as far as anybody knows
  MessageSource content;        // valid until the source is asked for the next one

  FolderName folder{};  // where it belongs; the inbox where nobody says anything else
  // What IMAP and POP3 servers knew it by, for the folder's own files (folder_state.h).
  std::vector<std::string> keywords{};  // UTF-8
  std::optional<std::uint32_t> uid{};
  std::optional<std::uint32_t> uid_validity{};
  std::uint32_t last_uid{0};  // the highest that this folder ever gave out, as far as known
  std::string uidl{};
};

/// Something that a source was not sure of.
struct Doubt {
  std::string where;  // "PATH:LINE"
  std::string what;
  std::string text;  // the beginning of the line, without control octets
};

/// What a source tells people when it has given its messages.
struct Findings {
  std::string decided;           // "mboxrd assumed, 3 lines unquoted"
  std::uint64_t left_out{0};     // on purpose: deleted ones, pseudo messages
  std::uint64_t doubt_count{0};  // all of them
  std::vector<Doubt> doubts;     // the first ones
};

class Source {
 public:
  virtual ~Source() = default;
  /// What it is, the same in every run: its path, absolute.
  virtual const std::string& name() const = 0;
  /// The next message; nothing at the end.
  virtual Result<std::optional<Message>> next() = 0;
  /// How much lies behind, of size(), in a unit of its own.
  virtual std::uint64_t position() const = 0;
  virtual std::uint64_t size() const = 0;

  /// Where next() would go on, for resume() in another run: graphic ASCII. Empty where the source
  /// cannot tell; each run then goes through all of it and passes over what it knows.
  virtual std::string mark() const { return {}; }
  /// Goes on at `mark`, or with an empty one begins anew. False, and it begins anew, where what
  /// lies before the mark is no longer what it was.
  virtual Result<bool> resume(const std::string& mark) = 0;
  /// At the end: an error where what was given cannot be relied on.
  virtual Result<void> check() { return {}; }
  virtual Result<Findings> findings() { return Findings{}; }
  /// Gives back what it holds while it is read: it will be read again at most from its beginning or
  /// a mark. It must have come to its end.
  virtual void release() {}
  /// Tells whether what it reads has changed since it was opened; empty where it cannot tell.
  virtual std::string stamp() const { return {}; }
  virtual bool removable() const { return false; }
  /// Removes what it read, which is all converted and durable.
  virtual Result<void> remove() { return Error::never(name() + ": cannot be removed"); }
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual Result<void> add(const Message& message) = 0;
  /// What was added is durable and visible afterwards; before, it may be neither.
  virtual Result<void> finish() = 0;
};

/// How far a conversion has come.
struct Tally {
  std::string source;         // the one under way
  std::uint64_t position{0};  // of all sources together, of size
  std::uint64_t size{0};
  std::uint64_t messages{0};
  std::uint64_t octets{0};  // of these messages
  std::uint64_t errors{0};
};

/// Who watches a conversion.
class Progress {
 public:
  virtual ~Progress() = default;
  /// Called for every message. An error: somebody wants it to stop here.
  virtual Result<void> update(const Tally& tally) = 0;
};

/// Of a file: device, inode, size and time of the last change.
std::string file_stamp(const struct stat& status);

/// `text` with '?' for each octet that would command a terminal.
std::string printable(std::string text);

/// Takes every message of `source` into `sink`, and counts them in `tally`.
Result<void> convert_all(Source& source, Sink& sink, Progress& progress, Tally& tally);

}  // namespace lbx::convert
