// SPDX-License-Identifier: MIT
// Whether a file is still the one that was read, by stat(2).
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "core/base/clock.h"
#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx::users {

/// Seconds after a change in which another one may leave the same times: file systems count in
/// steps of up to two seconds.
inline constexpr std::int64_t kFreshSeconds = 3;

struct FileStamp {
  bool exists{false};
  dev_t device{0};
  ino_t inode{0};
  off_t size{0};
  std::int64_t changed{0};  // seconds and nanoseconds of the inode's last change
  std::int64_t changed_nanos{0};
  bool operator==(const FileStamp&) const = default;

  /// A change that comes now is sure to show.
  bool settled(Instant now) const { return !exists || changed + kFreshSeconds < now.seconds; }
};

/// A missing file has a stamp too.
Result<FileStamp> stamp_of(FileOps& files, const std::string& path);

}  // namespace lbx::users
