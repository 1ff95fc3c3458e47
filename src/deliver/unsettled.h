// SPDX-License-Identifier: MIT
// Directories with names of messages that a power cut may still undo, gathered by several threads,
// so that one flush is for many deliveries. It promises that settle() makes all that was added
// before it durable.
#pragma once

#include <sys/types.h>

#include <map>
#include <mutex>
#include <utility>

#include "core/base/file_ops.h"

namespace lbx::deliver {

class Unsettled {
 public:
  /// `files` must outlive it.
  explicit Unsettled(FileOps& files) : files_{files} {}

  Result<void> add(UniqueFd folder);
  /// An error: some of them may not last, and nobody knows which.
  Result<void> settle();

 private:
  using Folders = std::map<std::pair<dev_t, ino_t>, UniqueFd>;

  FileOps& files_;
  std::mutex mutex_;
  Folders folders_;
};

}  // namespace lbx::deliver
