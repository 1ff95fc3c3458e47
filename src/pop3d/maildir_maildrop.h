// SPDX-License-Identifier: MIT
// A Maildir as a maildrop.
//
// Login takes a snapshot: the messages of new/ and cur/, by time of delivery (the file's
// modification time), then by name. Each one is read and its octets counted, since a size in a
// file name (",S=", ",W=") is what somebody once believed: LIST must never differ from RETR.
//
// Its id is the base name, where that has 1 to 70 octets that may stand in an id and is the only
// one of its kind; else the SHA-256 digest of it. So ids survive flags, moves and copies of the
// Maildir, and need no file of ours.
//
// Others may use the Maildir meanwhile: a message that they rename is looked up again by its base
// name, one that they remove is an error for RETR and nothing to do for QUIT.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/system.h"
#include "core/maildir/maildir.h"
#include "pop3d/dialect.h"
#include "pop3d/maildrop.h"

namespace lbx::pop3d {

class MaildirMaildrop final : public Maildrop {
 public:
  struct Options {
    Dialect dialect{Dialect::Letterbox};
    bool sync{true};  // make removals durable before QUIT is answered
  };

  /// Clears what crashed deliveries left in tmp/, and takes the snapshot. `system` must outlive
  /// the maildrop.
  static Result<std::unique_ptr<Maildrop>> open(System& system, UniqueFd maildir, Options options);

  std::size_t count() const override { return messages_.size(); }
  std::uint64_t octets(std::size_t message) const override { return messages_[message].octets; }
  std::string id(std::size_t message) const override;
  Result<std::unique_ptr<OpenMessage>> open(std::size_t message) override;
  std::size_t update(const std::vector<bool>& marked) override;

 private:
  struct Message {
    MaildirEntry entry;
    timespec modified;
    std::uint64_t octets;
    std::string own_id;       // where it is not the base name
    bool shares_base{false};  // with another file, so that a look-up could find the wrong one
  };

  MaildirMaildrop(System& system, UniqueFd maildir, Options options);
  Result<void> scan();
  bool measure(const MaildirEntry& entry);
  std::uint64_t count_octets(int file, const struct stat& status);
  void assign_ids();
  Result<std::vector<std::size_t>> follow_renames(const std::vector<std::size_t>& lost);
  std::size_t remove(const std::vector<bool>& marked);
  std::size_t remove_renamed(const std::vector<std::size_t>& lost);
  Result<void> sync_folders();
  void move_to_cur(const std::vector<bool>& marked);

  System* system_;
  UniqueFd maildir_;
  Options options_;
  std::vector<Message> messages_;
  std::string buffer_;  // for measuring; empty afterwards
};

}  // namespace lbx::pop3d
