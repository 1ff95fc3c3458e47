// SPDX-License-Identifier: MIT
// The mail in a zip or tar archive: mailboxes and single messages, each in the folder that its
// member's name says. One member at a time lies unpacked in memory or in a file without a name.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convert/archive_reader.h"
#include "convert/conversion.h"
#include "convert/mbox_source.h"
#include "core/base/system.h"

namespace lbx::convert {

class ArchiveSource final : public Source {
 public:
  struct Options {
    MboxSource::Options mbox;  // max_expanded is for the whole archive; folder: what is below it
    std::vector<std::string> below;  // levels of the folder that all others are below
    bool flat{false};                // all of it in that one
  };
  /// `path`: of the archive. `system` and `locks` must outlive the source.
  static Result<ArchiveSource> open(System& system, LockOps& locks, const std::string& path,
                                    std::string name, const Options& options);

  const std::string& name() const override { return name_; }
  Result<std::optional<Message>> next() override;
  std::uint64_t position() const override { return reader_.position(); }
  std::uint64_t size() const override { return size_; }
  /// An archive is gone through from its beginning.
  Result<bool> resume(const std::string& mark) override;
  Result<void> check() override;
  Result<Findings> findings() override;
  std::string stamp() const override { return stamp_; }
  bool removable() const override { return true; }
  Result<void> remove() override;

 private:
  ArchiveSource(System& system, LockOps& locks, std::string path, std::string name, Options options,
                UniqueFd file, ArchiveReader reader);
  Result<bool> open_member();
  bool is_mail(const std::string& head, const std::string& member);
  Result<void> open_content(const std::string& member, std::string head, UniqueFd content);
  Result<void> open_mailbox(UniqueFd content, const std::string& member);
  Result<UniqueFd> unpack(const std::string& head);
  void close_mailbox();
  FolderName folder_of(std::vector<std::string> levels) const;

  System* system_;
  LockOps* locks_;
  std::string path_;
  std::string name_;
  Options options_;
  UniqueFd file_;
  std::uint64_t size_{0};
  std::string stamp_;
  ArchiveReader reader_;
  std::unique_ptr<MboxSource> mailbox_;  // the member under way
  UniqueFd content_;                     // of a member that is one message
  std::optional<Message> message_;
  Findings findings_;
  std::uint64_t mailboxes_{0};
  std::uint64_t messages_{0};
  std::uint64_t others_{0};
};

}  // namespace lbx::convert
