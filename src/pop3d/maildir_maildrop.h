// SPDX-License-Identifier: MIT
// A Maildir as a maildrop.
//
// Login takes a snapshot (snapshot.h): the messages of new/ and cur/ with their sizes, by the time
// that the name begins with, else the time of the file, then by name. A size may come from the
// name (sizes.h); when such a message has been sent whole and the name has lied, the truth is
// announced from then on, in this session and, client gone or not, in every later one.
//
// Others may use the Maildir meanwhile: messages that they rename are looked up again by their base
// names, all in one look; one that they remove is an error for RETR and nothing to do for QUIT.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/system.h"
#include "core/maildir/maildir.h"
#include "pop3d/folder_state.h"
#include "pop3d/ids.h"
#include "pop3d/maildrop.h"
#include "pop3d/message_table.h"
#include "pop3d/snapshot.h"

namespace lbx::pop3d {

class MaildirMaildrop final : public Maildrop {
 public:
  struct Options {
    Dialect dialect{Dialect::Letterbox};
    bool sync{true};  // make removals durable before QUIT is answered
    bool remember{true};
    bool trust_names{true};
    unsigned threads{1};  // for the snapshot; see SnapshotOptions
    ImportOptions import{};
  };

  /// Clears what crashed deliveries left in tmp/, and takes the snapshot. `system` must outlive
  /// the maildrop.
  static Result<std::unique_ptr<Maildrop>> open(System& system, UniqueFd maildir,
                                                const Options& options);

  MaildirMaildrop(const MaildirMaildrop&) = delete;
  MaildirMaildrop& operator=(const MaildirMaildrop&) = delete;
  ~MaildirMaildrop() override;  // keeps the sizes that were learnt

  std::size_t count() const override { return messages_.count(); }
  std::uint64_t octets(std::size_t message) const override { return messages_.octets(message); }
  std::string id(std::size_t message) const override;
  Result<std::unique_ptr<OpenMessage>> open(std::size_t message) override;
  void sent(std::size_t message, std::uint64_t octets) override;
  std::size_t update(const std::vector<bool>& marked) override;

 private:
  MaildirMaildrop(System& system, UniqueFd maildir, Options options);
  bool is_local();
  Result<void> follow_renames();
  std::size_t remove(const std::vector<bool>& marked);
  std::size_t remove_renamed(const std::vector<std::size_t>& lost);
  Result<void> sync_folders();
  void move_to_cur(const std::vector<bool>& marked);

  System* system_;
  UniqueFd maildir_;
  Options options_;
  MessageTable messages_;
  IdTable ids_;
  std::vector<std::size_t> corrected_;
  std::optional<bool> local_;            // the file system, once a message has been opened
  std::optional<FolderState> followed_;  // nothing can be found that was not found then
};

}  // namespace lbx::pop3d
