// SPDX-License-Identifier: MIT
// What hangs on messages besides their octets, flags and times, and belongs to their folder: IMAP's
// UIDs and keywords, POP3's ids. While an import builds, it is collected in a file of the staging
// directory, so that memory does not depend on the number of messages and an interrupted import
// goes on with it. When all is built, a FolderKeeper makes the folders' own files of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convert/conversion.h"
#include "convert/message_digest.h"
#include "core/base/file_ops.h"
#include "core/base/result.h"
#include "core/maildir/folder_name.h"

namespace lbx::convert {

/// Octets of it that wait for the next checkpoint at most, before one is made.
inline constexpr std::size_t kMaxHeldState = std::size_t{4} * 1024 * 1024;
/// What is longer is left out: octets of one keyword or id; keywords of one message.
inline constexpr std::size_t kMaxKeyword = 255;
inline constexpr std::size_t kMaxKeywords = 64;
/// A POP3 id, RFC 1939 section 7.
inline constexpr std::size_t kMaxUidl = 70;

/// A staged message of which there is something to say.
struct StagedMessage {
  std::uint64_t bits;     // name_bits(): what its file name holds, see name_bits_in()
  std::uint64_t source;   // tells its source from others
  std::uint64_t ordinal;  // of its source's messages, from 0
  FolderName folder;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> uid_validity;
  std::uint32_t last_uid;
  std::string uidl;
  std::vector<std::string> keywords;
};

/// The file: a line per message, in the order in which they were added.
class StateLog {
 public:
  static constexpr const char* kName = "letterbox-state";

  /// `root`: the staging directory. Both must outlive the log.
  StateLog(FileOps& files, int root) : files_{&files}, root_{root} {}

  /// Notes what hangs on the message `ordinal` of `source`, if anything does.
  void note(std::uint64_t ordinal, const Message& message);
  /// Octets that wait for write().
  std::size_t held() const { return held_octets_; }
  /// Makes what was noted durable. `digests`: of the messages from `first` on.
  Result<void> write(const std::string& source, std::uint64_t first,
                     const std::vector<MessageDigest>& digests);
  /// Every line. After an interruption a message may come twice, with the same words, and some may
  /// come that are not staged.
  Result<void> for_each(const std::function<void(const StagedMessage&)>& visit) const;
  /// Removes the file; that there is none is success.
  static Result<void> remove(FileOps& files, int root);

 private:
  struct Note {
    std::uint64_t ordinal;
    std::string words;
  };

  FileOps* files_;
  int root_;
  std::vector<Note> notes_;
  std::size_t held_octets_{0};
};

/// Who knows the files of a folder: dovecot-keywords, dovecot-uidlist.
class FolderKeeper {
 public:
  virtual ~FolderKeeper() = default;

  /// The letters, a to z, that stand for `keywords` in the names of a folder's messages. Called for
  /// each message that has any, in the order of the messages, by one thread; for those that an
  /// interrupted run has staged too, first.
  virtual Result<std::string> letters(const FolderName& folder,
                                      const std::vector<std::string>& keywords) = 0;

  struct Staged {
    int root;    // the staging directory; a folder lies in its directory() below, the inbox in it
    int target;  // the Maildir that exists; -1 where there is none yet
    const std::vector<FolderName>& folders;  // that have messages
    const StateLog& log;
  };
  /// All messages are staged, durable, and have their last names. Whatever files it writes into a
  /// staged folder, durably, go with it: into a folder that has no file of that name, or nowhere.
  /// It may be called again, after an interruption.
  virtual Result<void> finish(const Staged& staged) = 0;
  /// What could not be kept, a sentence each, for people.
  virtual const std::vector<std::string>& warnings() const = 0;
};

}  // namespace lbx::convert
