// SPDX-License-Identifier: MIT
// IMAP's numbers, and the POP3 ids that stand beside them, of the messages of an import, in the
// list of each folder. A folder that has none gets one before anybody can see it. To a list that
// exists, where its form allows that, is added what continues it: under its owner's lock, which is
// held until the keeper ends, so that the server does not look before the messages are there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "convert/staged_lists.h"
#include "core/base/system.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

/// How a server writes its list.
class NumberList {
 public:
  /// What a list that exists says.
  struct Known {
    std::uint32_t validity;
    std::uint32_t next;                 // above all numbers that were ever given
    std::vector<std::uint64_t> ids{};   // std::hash of each POP3 id in it
    std::vector<std::uint64_t> bits{};  // name_bits_in() of each message in it that has any
  };

  virtual ~NumberList() = default;
  virtual const char* file() const = 0;
  /// Whether it has room for POP3 ids.
  virtual bool holds_ids() const = 0;
  virtual std::string head(std::uint32_t validity, std::uint32_t next) const = 0;
  /// `row`: the number and the POP3 id, which may be empty.
  virtual std::string line(const ListRow& row, const std::string& base) const = 0;
  /// Nothing: nothing can be added to this one.
  virtual std::optional<Known> read(std::string_view text) const = 0;
  /// `text`, which read() understands, with another next number.
  virtual std::string raised(std::string_view text, std::uint32_t next) const = 0;
};

class NumberKeeper {
 public:
  /// All must outlive it. `chunk`: see kMaxListedAtOnce.
  NumberKeeper(System& system, LockOps& locks, const NumberList& list, std::size_t chunk)
      : system_{&system}, locks_{&locks}, list_{&list}, chunk_{chunk} {}

  /// What cannot be kept is said in `warnings`, a sentence each.
  Result<void> finish(const FolderKeeper::Staged& staged, const WrittenState& written,
                      std::vector<std::string>& warnings);

 private:
  /// What is known of a folder's numbers before they are written.
  struct Numbers {
    bool skip{false};   // no list is written
    bool usable{true};  // one UIDVALIDITY, and numbers that ascend
    bool added{false};  // to a list that exists
    std::uint32_t validity{0};
    std::uint32_t lowest{0};
    std::uint32_t highest{0};
    std::uint32_t last_known{0};
    std::uint32_t count{0};  // of all lines
    std::uint64_t numbered{0};
    std::vector<std::uint64_t> id_digests;  // of all POP3 ids; later of those that come twice
    std::set<std::uint64_t> ids_given;
    std::vector<std::uint64_t> listed;  // in order: messages that an interrupted run has added
  };
  struct Held {
    UniqueFd folder;
    DotLock lock;
  };

  void take(const StagedMessage& message, Numbers& numbers) const;
  Result<void> judge(const FolderKeeper::Staged& staged, const FolderName& folder, Numbers& numbers,
                     const WrittenState& written, std::vector<std::string>& warnings);
  Result<void> judge_addition(const FolderKeeper::Staged& staged, const FolderName& folder,
                              Numbers& numbers, const WrittenState& written,
                              std::vector<std::string>& warnings);
  Result<std::string> lock_and_read(int target, const FolderName& folder);
  ListRow row_of(const StagedMessage& message, Numbers& numbers) const;
  std::string list_of(const FolderName& folder, const Numbers& numbers) const;

  System* system_;
  LockOps* locks_;
  const NumberList* list_;
  std::size_t chunk_;
  std::map<FolderName, Numbers> numbers_;
  std::vector<Held> held_;
};

}  // namespace lbx::convert
