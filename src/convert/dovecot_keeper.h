// SPDX-License-Identifier: MIT
// What an import knows of messages beside octets, flags and times, in Dovecot's files of each
// folder: keywords in dovecot-keywords, IMAP's numbers and POP3's ids in dovecot-uidlist. So the
// clients of a server find what they know, and fetch nothing again.
//
// A folder that is new gets its files before anybody can see it. Into dovecot-keywords of one that
// exists, keywords are added under Dovecot's locks and in its form, before messages appear that
// have them; to dovecot-uidlist of one that exists, numbers that continue it (number_keeper.h).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "convert/number_keeper.h"
#include "core/base/system.h"
#include "core/maildir/dovecot_keywords.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

/// dovecot-uidlist.
class DovecotNumberList final : public NumberList {
 public:
  const char* file() const override;
  bool holds_ids() const override { return true; }
  std::string head(std::uint32_t validity, std::uint32_t next) const override;
  std::string line(const ListRow& row, const std::string& base) const override;
  std::optional<Known> read(std::string_view text) const override;
  std::string raised(std::string_view text, std::uint32_t next) const override;
};

class DovecotKeeper final : public FolderKeeper {
 public:
  /// Both must outlive it. `chunk`: see kMaxListedAtOnce.
  DovecotKeeper(System& system, LockOps& locks, std::size_t chunk = kMaxListedAtOnce)
      : system_{&system}, locks_{&locks}, numbers_{system, locks, list_, chunk} {}
  DovecotKeeper(const DovecotKeeper&) = delete;  // what it holds refers to it
  DovecotKeeper& operator=(const DovecotKeeper&) = delete;

  /// By the order of messages alone, whatever the target has: finish() changes the names of the
  /// messages where it must.
  Result<std::string> letters(const FolderName& folder,
                              const std::vector<std::string>& keywords) override;
  Result<void> finish(const Staged& staged) override;

  /// What could not be kept, a sentence each, for people.
  const std::vector<std::string>& warnings() const override { return warnings_; }

 private:
  struct Keywords {
    DovecotKeywords table;
    std::set<std::string> left_out;  // the first ones
    std::uint64_t left_out_count{0};
  };
  Result<DotLock> lock(int folder, const char* file);
  Result<void> finish_keywords(const Staged& staged, const FolderName& folder, Keywords& keywords);
  Result<void> add_to_target(const Staged& staged, const FolderName& folder, Keywords& keywords);
  Result<void> rename_staged(const Staged& staged, const FolderName& folder,
                             const DovecotKeywords& from, const DovecotKeywords& to);

  System* system_;
  LockOps* locks_;
  DovecotNumberList list_;
  NumberKeeper numbers_;
  std::map<FolderName, Keywords> keywords_;
  std::vector<std::string> warnings_;
};

}  // namespace lbx::convert
