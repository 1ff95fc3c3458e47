// SPDX-License-Identifier: MIT
// What an import knows of messages beside octets, flags and times, in Dovecot's files of each
// folder: keywords in dovecot-keywords, IMAP's numbers and POP3's ids in dovecot-uidlist. So the
// clients of a server find what they know, and fetch nothing again.
//
// A folder that is new gets its files before anybody can see it. Into dovecot-keywords of one that
// exists, keywords are added under Dovecot's locks and in its form, before messages appear that
// have them; dovecot-uidlist of one that exists is never touched.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "convert/folder_state.h"
#include "core/base/system.h"
#include "core/maildir/dovecot_keywords.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

/// Messages whose names are held in memory at once while a list is written.
inline constexpr std::size_t kMaxListedAtOnce = 100'000;

class DovecotKeeper final : public FolderKeeper {
 public:
  /// Both must outlive it. `chunk`: see kMaxListedAtOnce.
  DovecotKeeper(System& system, LockOps& locks, std::size_t chunk = kMaxListedAtOnce)
      : system_{&system}, locks_{&locks}, chunk_{chunk} {}

  /// By the order of messages alone, whatever the target has: finish() changes the names of the
  /// messages where it must.
  Result<std::string> letters(const FolderName& folder,
                              const std::vector<std::string>& keywords) override;
  Result<void> finish(const Staged& staged) override;

  /// What could not be kept, a sentence each, for people.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Keywords {
    DovecotKeywords table;
    std::set<std::string> left_out;  // the first ones
    std::uint64_t left_out_count{0};
  };
  /// What is known of a folder's numbers before they are written.
  struct Numbers {
    bool skip{false};   // no list is written
    bool usable{true};  // one UIDVALIDITY, and numbers that ascend
    std::uint32_t validity{0};
    std::uint32_t highest{0};
    std::uint32_t last_known{0};
    std::uint32_t count{0};  // of all lines
    std::uint64_t numbered{0};
    std::vector<std::size_t> id_digests;  // of all POP3 ids; later of those that come twice
    std::set<std::size_t> ids_given;
  };
  struct Entry {
    FolderName folder;
    std::uint64_t bits;
    std::uint32_t uid;
    std::string pop3_id;
  };
  class Written;  // which lines of the log count

  Result<void> finish_keywords(const Staged& staged, const FolderName& folder, Keywords& keywords);
  Result<void> add_to_target(const Staged& staged, const FolderName& folder, Keywords& keywords);
  Result<void> rename_staged(const Staged& staged, const FolderName& folder,
                             const DovecotKeywords& from, const DovecotKeywords& to);
  Result<void> take_numbers(const Staged& staged, const Written& written);
  void judge_numbers();
  Result<void> write_lists(const Staged& staged, const Written& written);
  Result<void> write_entries(const Staged& staged, std::vector<Entry>& entries);
  Entry entry_of(const StagedMessage& message, Numbers& numbers);

  System* system_;
  LockOps* locks_;
  std::size_t chunk_;
  std::map<FolderName, Keywords> keywords_;
  std::map<FolderName, Numbers> numbers_;
  std::vector<std::string> warnings_;
};

}  // namespace lbx::convert
