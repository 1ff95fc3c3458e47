// SPDX-License-Identifier: MIT
// The messages of an mbox file, which may be compressed.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "convert/conversion.h"
#include "convert/gmail.h"
#include "core/base/system.h"
#include "core/mbox/lock.h"
#include "core/mbox/reader.h"

namespace lbx::convert {

class MboxSource final : public Source {
 public:
  struct Options {
    MboxReadOptions read;
    std::uint64_t max_expanded;
    bool skip_deleted{false};  // messages with the flag T
    LabelUse labels{LabelUse::Keywords};
    FolderName label_base{};  // folders of labels lie below
    /// Deliveries go on while it is read; only what comes last is read under lock.
    bool live{false};
    MboxLockPolicy locks{};
    FolderName folder{};  // of the messages
  };

  /// Opens `path`, expands it if it is compressed, and looks whether it is an mbox: where it is
  /// not, or damaged, the error is Retry::Never. The file is locked against other programs as long
  /// as the source lives: by a dot-lock where its directory can be written to, by fcntl where the
  /// file system knows locks. `name`: see Source. `system` and `locks` must outlive the source.
  static Result<MboxSource> open(System& system, LockOps& locks, const std::string& path,
                                 std::string name, const Options& options);

  /// The same for a file that nobody else knows: no lock, not compressed. `path` is for messages.
  static Result<MboxSource> open_private(System& system, LockOps& locks, UniqueFd file,
                                         const std::string& path, std::string name,
                                         const Options& options);

  const std::string& name() const override { return name_; }
  Result<std::optional<Message>> next() override;
  std::uint64_t position() const override { return reader_.position(); }
  std::uint64_t size() const override { return size_; }
  /// OFFSET.DIGEST: of the file's beginning and of what stands before the offset.
  std::string mark() const override;
  Result<bool> resume(const std::string& mark) override;
  /// An error where another program changed the file meanwhile.
  Result<void> check() override;
  Result<Findings> findings() override;
  std::string stamp() const override;
  bool removable() const override { return true; }
  /// Unlinks the file, if it is still the one that was read, as it was then.
  Result<void> remove() override;

 private:
  MboxSource(System& system, LockOps& locks, std::string path, std::string name, Options options,
             UniqueFd file, MboxReader reader)
      : system_{&system},
        locks_{&locks},
        path_{std::move(path)},
        name_{std::move(name)},
        options_{std::move(options)},
        file_{std::move(file)},
        reader_{std::move(reader)} {}
  static Result<std::optional<DotLock>> take_dot_lock(System& system, LockOps& locks,
                                                      const std::string& path,
                                                      const MboxLockPolicy& policy);
  Result<void> catch_up(std::uint64_t offset);
  Result<std::string> digest_before(std::uint64_t offset) const;
  void keep(MboxMessage& message, Message& out) const;
  int content() const { return spool_ ? spool_.get() : file_.get(); }

  System* system_;
  LockOps* locks_;
  std::string path_;
  std::string name_;
  Options options_;
  std::optional<DotLock> dot_lock_;
  UniqueFd file_;
  UniqueFd spool_;         // the expanded file, if it was compressed
  struct stat status_ {};  // of the file when it was locked
  MboxReader reader_;
  bool caught_up_{true};  // false: live, and not yet locked
  std::uint64_t size_{0};
  std::uint64_t skipped_deleted_{0};
};

}  // namespace lbx::convert
