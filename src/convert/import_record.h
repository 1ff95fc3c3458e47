// SPDX-License-Identifier: MIT
// What was imported into a Maildir, in a file of it, `letterbox-imports`: so that a second run adds
// only what is new, though the user has read, moved or deleted the messages since; and so that an
// interrupted run can go on. The file is the lock of its Maildir too: one import at a time.
//
// Lines, only ever appended. A line of 24 hexadecimal digits is the digest of one message; all
// others end in a check, ` #` and 8 digits, and commit what stands before them:
//
//   letterbox-imports 1                          what this is
//   import FINGERPRINT SECONDS                   an import began, with these options, at that time
//   source NAME                                  the digests that follow are of this one
//   mark MESSAGES SECONDS PLACE                  what stands before is durable: how many messages
//   of
//                                                the source in all, the time of the last, where the
//                                                source goes on
//   publish                                      all is built; from here on, only names change
//   done
//
// What no such line follows was under way when a run died, and is cut off by the next one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "convert/message_digest.h"
#include "core/base/clock.h"
#include "core/base/file_ops.h"
#include "core/base/result.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

class ImportRecord {
 public:
  static constexpr const char* kName = "letterbox-imports";

  /// How far a source has come.
  struct Progress {
    std::uint64_t messages{0};     // all that ever came from it
    std::int64_t last_seconds{0};  // the time of the last one
    std::string place;             // Source::mark(); no blanks; empty: it has none
    bool operator==(const Progress&) const = default;
  };
  enum class Phase { None, Building, Publishing };

  /// Opens or makes the file in the directory `dir`, and locks it as long as the object lives. An
  /// error, Retry::Later, where another process has it. `files` must outlive the record.
  static Result<ImportRecord> open(FileOps& files, LockOps& locks, int dir);
  /// The same for a look: no lock, nothing is made or cut. Empty where there is none.
  static Result<ImportRecord> look(FileOps& files, int dir);
  /// That of a directory that does not exist.
  static Result<ImportRecord> none(FileOps& files) { return ImportRecord{files, UniqueFd{}}; }

  /// Of the last import, if it did not come to its end.
  Phase phase() const { return phase_; }
  const std::string& fingerprint() const { return fingerprint_; }
  std::int64_t started() const { return started_; }
  /// Messages of that import, and of which sources.
  std::uint64_t pending_messages() const { return pending_messages_; }
  /// Nothing where it never gave a message.
  const Progress* find(const std::string& source) const;
  /// The same before the import that did not come to its end.
  const Progress* find_before(const std::string& source) const;

  Result<void> begin(const std::string& fingerprint, std::int64_t seconds);
  /// After begin(): durable when it returns. `added`: what came since the last one, in order.
  Result<void> checkpoint(const std::string& source, const Progress& progress,
                          const std::vector<MessageDigest>& added);
  Result<void> publishing();
  Result<void> done();
  /// Forgets the import that did not come to its end.
  Result<void> discard();

  struct Entry {
    const std::string& source;
    std::uint64_t ordinal;  // of the source's messages, from 0
    MessageDigest digest;
    bool pending;  // of the import that did not come to its end
  };
  /// Every message in the order of the file.
  Result<void> for_each(const std::function<void(const Entry&)>& visit) const;

  /// The descriptor: whoever moves the file checks that it is still the one with the name.
  int fd() const { return file_.get(); }

 private:
  ImportRecord(FileOps& files, UniqueFd file) : files_{&files}, file_{std::move(file)} {}
  class Parser;
  Result<void> load();
  Result<void> append(const std::string& lines);

  FileOps* files_;
  UniqueFd file_;
  std::uint64_t committed_{0};  // octets of the file that count
  Phase phase_{Phase::None};
  std::string fingerprint_;
  std::int64_t started_{0};
  std::uint64_t import_begin_{0};  // of the last `import` line
  std::uint64_t pending_messages_{0};
  std::string current_source_;  // of the last `source` line
  std::map<std::string, Progress> sources_;
  std::map<std::string, Progress> before_;  // as they were at the last `import` line
};

}  // namespace lbx::convert
