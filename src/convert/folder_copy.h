// SPDX-License-Identifier: MIT
// The messages of one folder into another one (maildir_copy.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "convert/folder_notes.h"
#include "convert/maildir_copy.h"
#include "convert/maildir_source.h"
#include "convert/message_digest.h"
#include "core/maildir/dovecot_keywords.h"

namespace lbx::convert {

/// The messages of a Maildir, to be asked whether it has one. Only those are read that have the
/// size of the one in question.
class MessageIndex {
 public:
  explicit MessageIndex(FileOps& files) : files_{&files} {}
  /// All of one folder. `folder` must stay open as long as the index is asked.
  Result<void> add_folder(int folder);
  /// The base name of such a message, each of which is given once; nothing where there is none.
  /// `digest` is asked only where there may be one.
  Result<std::optional<std::string>> take(std::uint64_t octets,
                                          const std::function<Result<MessageDigest>()>& digest);
  bool has_base(const std::string& base) const { return bases_.contains(base); }

 private:
  struct Known {
    int folder;
    MaildirEntry entry;
    std::optional<MessageDigest> digest;
    bool taken;
  };
  FileOps* files_;
  std::unordered_map<std::uint64_t, std::vector<Known>> by_size_;
  std::unordered_set<std::string> bases_;
};

class FolderCopy {
 public:
  /// Directory descriptors of both folders. All must outlive it. `server`: whose files the target
  /// gets; those of the server that has some in the source where nothing is said.
  FolderCopy(System& system, LockOps& locks, int from, int to, std::optional<ServerKind> server)
      : system_{&system}, locks_{&locks}, from_{from}, to_{to}, server_{server} {}

  /// Adds what `index`, of the target, does not have. `copied` is counted up.
  Result<void> run(MessageIndex& index, bool dry_run, CopiedFolder& copied);

 private:
  struct Waiting {
    std::string tmp;
    std::string last;
  };
  Result<void> add(const DatedEntry& message, int file, const MessageIndex& index,
                   CopiedFolder& copied);
  Result<std::string> name_for(const DatedEntry& message, int file, const MessageIndex& index,
                               CopiedFolder& copied);
  Result<void> write(const DatedEntry& message, int file, const std::string& tmp);
  Result<void> publish();
  Result<void> read_source();
  Result<void> save_keywords();
  Result<void> add_keywords(const DatedEntry& message, const std::string& base);
  std::vector<std::string> keywords_of(const MessageFileName& name) const;
  std::string info_of(const MessageFileName& name, CopiedFolder& copied);
  Result<std::optional<DotLock>> lock_uidlist();

  System* system_;
  LockOps* locks_;
  int from_;
  int to_;
  std::optional<ServerKind> server_;
  bool sync_each_{false};
  FolderNotes notes_;  // of the source
  DovecotKeywords from_keywords_;
  DovecotKeywords to_keywords_;
  bool keywords_changed_{false};
  std::unordered_map<std::string, std::string> bases_;  // of the source -> of the target
  std::unordered_set<std::string> given_;               // base names in this run
  std::vector<Waiting> waiting_;
  std::uint64_t waiting_octets_{0};
};

}  // namespace lbx::convert
