// SPDX-License-Identifier: MIT
// The messages of an mbox file, which may be compressed.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "convert/conversion.h"
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
  };

  /// Opens `path`, expands it if it is compressed, and looks whether it is an mbox: where it is
  /// not, or damaged, the error is Retry::Never. The file is locked against deliveries (fcntl,
  /// shared) where the file system knows locks. `system` must outlive the source.
  static Result<MboxSource> open(System& system, LockOps& locks, const std::string& path,
                                 const Options& options);

  Result<std::optional<Message>> next() override;
  std::uint64_t position() const override { return reader_.position(); }
  std::uint64_t size() const override { return size_; }

  const std::string& path() const { return path_; }
  const MboxReader& reader() const { return reader_; }
  std::uint64_t skipped_deleted() const { return skipped_deleted_; }
  /// The line of the (expanded) file that `offset` lies in.
  Result<std::uint64_t> line_number(std::uint64_t offset) const;
  /// An error where another program changed the file meanwhile.
  Result<void> check_unchanged() const;

 private:
  MboxSource(System& system, std::string path, UniqueFd file, UniqueFd spool, struct stat status,
             MboxReader reader, bool skip_deleted, std::uint64_t size)
      : system_{&system},
        path_{std::move(path)},
        file_{std::move(file)},
        spool_{std::move(spool)},
        status_{status},
        reader_{std::move(reader)},
        skip_deleted_{skip_deleted},
        size_{size} {}

  System* system_;
  std::string path_;
  UniqueFd file_;
  UniqueFd spool_;  // the expanded file, if it was compressed
  struct stat status_;
  MboxReader reader_;
  bool skip_deleted_;
  std::uint64_t size_;
  std::uint64_t skipped_deleted_{0};
};

}  // namespace lbx::convert
