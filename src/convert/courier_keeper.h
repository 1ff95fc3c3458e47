// SPDX-License-Identifier: MIT
// What dovecot_keeper.h does, for Courier: IMAP's numbers in courierimapuiddb, keywords in
// courierimapkeywords/, POP3 ids in courierpop3dsizelist of the inbox. Of ids, Courier can say only
// those that it would have given itself, `UIDnumber-validity`.
//
// Lists of a folder that exists are left as they are. Keywords of its new messages are added in the
// form in which Courier itself adds them, a file for each message, before the messages appear.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "convert/number_keeper.h"
#include "core/base/system.h"

namespace lbx::convert {

/// Keywords of one folder that are kept; the names of all are held in memory.
inline constexpr std::size_t kMaxCourierKeywords = 1000;

/// courierimapuiddb.
class CourierNumberList final : public NumberList {
 public:
  const char* file() const override;
  bool holds_ids() const override { return false; }
  std::string head(std::uint32_t validity, std::uint32_t next) const override;
  std::string line(const ListRow& row, const std::string& base) const override;
  /// Nobody but Courier adds to one.
  std::optional<Known> read(std::string_view /*text*/) const override { return std::nullopt; }
  std::string raised(std::string_view text, std::uint32_t /*next*/) const override {
    return std::string{text};
  }
};

class CourierKeeper final : public FolderKeeper {
 public:
  /// Both must outlive it. `chunk`: see kMaxListedAtOnce.
  CourierKeeper(System& system, LockOps& locks, std::size_t chunk = kMaxListedAtOnce)
      : system_{&system}, locks_{&locks}, chunk_{chunk}, numbers_{system, locks, list_, chunk} {}
  CourierKeeper(const CourierKeeper&) = delete;  // what it holds refers to it
  CourierKeeper& operator=(const CourierKeeper&) = delete;

  /// None: keywords stand in no name.
  Result<std::string> letters(const FolderName& folder,
                              const std::vector<std::string>& keywords) override;
  Result<void> finish(const Staged& staged) override;
  const std::vector<std::string>& warnings() const override { return warnings_; }

 private:
  struct Keywords {
    std::vector<std::string> names;
    std::map<std::string, std::size_t> numbers;  // by the name in lower case
    std::uint64_t left_out{0};
    bool exists{false};  // the folder, in the target
  };
  Result<void> keep_keywords(const Staged& staged, const WrittenState& written);
  Result<void> begin_keywords(const Staged& staged, const FolderName& folder, Keywords& keywords);
  Result<void> write_keywords(const Staged& staged, const FolderName& folder,
                              const std::vector<NamedRows::Row>& rows);
  Result<void> keep_ids(const Staged& staged, const WrittenState& written);

  System* system_;
  LockOps* locks_;
  std::size_t chunk_;
  CourierNumberList list_;
  NumberKeeper numbers_;
  std::map<FolderName, Keywords> keywords_;
  std::vector<std::string> warnings_;
};

}  // namespace lbx::convert
