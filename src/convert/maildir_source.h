// SPDX-License-Identifier: MIT
// The messages of a Maildir, oldest first: by their file's time, then by the name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "convert/conversion.h"
#include "core/base/system.h"
#include "core/maildir/dovecot_keywords.h"
#include "core/maildir/maildir.h"

namespace lbx::convert {

/// A message of a list, with what it is sorted by.
struct DatedEntry {
  MaildirEntry entry;
  std::int64_t seconds;
  std::int64_t nanos;
  std::uint64_t octets;
};

/// Every message of new/ and cur/, oldest first. What another program moves away meanwhile may be
/// missing.
Result<std::vector<DatedEntry>> list_by_time(FileOps& files, int maildir);

/// The file of a message. One that a mail program has given another flag meanwhile has another
/// name, which `entry` then has. No file: it is gone.
Result<UniqueFd> open_message(FileOps& files, int maildir, MaildirEntry& entry);

/// Keywords come as dovecot-keywords names them; a letter that it does not name stays a flag.
class MaildirSource final : public Source {
 public:
  enum class Order {
    ByTime,
    ByUid,  // with the numbers of dovecot-uidlist; a message that has none gets one of the next
  };
  /// `files` and `maildir`, a directory descriptor, must outlive the source. `name`: see
  /// Source.
  static Result<MaildirSource> open(FileOps& files, int maildir, std::string name,
                                    Order order = Order::ByTime);

  const std::string& name() const override { return name_; }
  Result<std::optional<Message>> next() override;
  std::uint64_t position() const override { return at_; }
  std::uint64_t size() const override { return entries_.size(); }
  /// Names say nothing of an order in time: every run begins anew.
  Result<bool> resume(const std::string& /*mark*/) override {
    at_ = 0;
    return false;
  }
  /// By uid: where dovecot-uidlist says so.
  const std::optional<ImapNumbers>& uids() const { return uids_; }
  /// The path of the last message that next() gave, below the Maildir.
  std::string current() const { return entries_[at_ - 1].entry.path(); }
  /// Messages that other programs removed before they could be read.
  std::uint64_t vanished() const { return vanished_; }

 private:
  MaildirSource(FileOps& files, int maildir, std::string name, std::vector<DatedEntry> entries)
      : files_{&files}, maildir_{maildir}, name_{std::move(name)}, entries_{std::move(entries)} {}
  Result<void> read_uids();
  void describe(Message& message) const;

  FileOps* files_;
  int maildir_;
  std::string name_;
  std::vector<DatedEntry> entries_;
  std::vector<std::uint32_t> numbers_;  // of entries_, by uid
  std::optional<ImapNumbers> uids_;
  DovecotKeywords keywords_;
  std::size_t at_{0};
  UniqueFd message_;
  std::uint64_t vanished_{0};
};

}  // namespace lbx::convert
