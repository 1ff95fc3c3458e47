// SPDX-License-Identifier: MIT
// Messages into a staging Maildir (staging.h), which nobody else looks into: each file is created
// under its last name, by several threads, and all of them are made durable together. Names follow
// from the messages alone: an interrupted import that goes on gives the same ones. A folder's
// messages go into `.NAME/` below, which is made when its first one comes.
//
//   SECONDS.M<ordinal>P0R<digest>.HOST,S=<octets>,W=<octets with CRLF>
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "convert/conversion.h"
#include "convert/folder_state.h"
#include "convert/message_digest.h"
#include "core/base/system.h"
#include "core/maildir/unique_name.h"
#include "core/maildir/writer.h"

namespace lbx::convert {

/// Octets of a message that is held in memory at most; a larger one is written as it comes, then
/// renamed.
inline constexpr std::size_t kMaxHeldMessage = std::size_t{1024} * 1024;
/// Messages are handed to a writer together, up to so many octets.
inline constexpr std::size_t kSlabOctets = std::size_t{256} * 1024;
/// Slabs in use at once at most; with the largest message in each, 12 MiB.
inline constexpr std::size_t kMaxSlabs = 8;
inline constexpr unsigned kMaxWriters = 16;

class MaildirSink {
 public:
  /// `writers`: threads; 0: the caller's does all of it. `system` and `root`, the directory
  /// descriptor of the staging Maildir, must outlive the sink. More than kMaxWriters are not used.
  /// `keeper`, which may be null, knows the letters of keywords; it must outlive the sink too.
  static Result<MaildirSink> open(System& system, int root, unsigned writers,
                                  FolderKeeper* keeper = nullptr);
  MaildirSink(MaildirSink&&) noexcept;
  MaildirSink& operator=(MaildirSink&&) = delete;
  ~MaildirSink();  // waits for the threads

  /// The messages that follow are of this source, which has given `ordinal` before. A message
  /// without a time gets that of the one before it, of which `last_seconds` is the first.
  void begin_source(const std::string& name, std::uint64_t ordinal, std::int64_t last_seconds);
  /// An error of the message's content is passed on as it is, with `source_failed`, and nothing of
  /// the message remains; any other error means that the import cannot go on.
  struct Failure {
    Error error;
    bool source_failed;
  };
  std::optional<Failure> add(const Message& message);
  /// Everything that was added is durable, and noted in the StateLog of `root`; its digests, in
  /// order, since the last sync().
  Result<std::vector<MessageDigest>> sync();

  std::uint64_t ordinal() const;      // of the next message
  std::int64_t last_seconds() const;  // of the last message
  std::uint64_t octets() const;       // since the beginning
  std::size_t unsynced() const;       // messages since the last sync()
  std::uint64_t unsynced_octets() const;
  std::size_t held_state() const;  // StateLog::held()

 private:
  class Writers;
  explicit MaildirSink(std::unique_ptr<Writers> writers);
  std::unique_ptr<Writers> writers_;
};

}  // namespace lbx::convert
