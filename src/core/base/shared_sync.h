// SPDX-License-Identifier: MIT
// fsync(2) of a directory once for many: deliveries into one Maildir that end at the same time
// share a flush (DESIGN section 6). Each caller gets the result of a sync that began after its
// call, so what it did before is on disk when it returns.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/file_ops.h"

namespace lbx {

/// The syncs of one thing, by several threads.
class SharedSync {
 public:
  /// Returns when a call of `sync` that began after run() did has ended: its own one, or another
  /// caller's. A failure reaches everybody whose sync it may have been: the kernel tells it once.
  Result<void> run(const std::function<Result<void>()>& sync);

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::uint64_t begun_{0};  // syncs are numbered from 1
  std::uint64_t finished_{0};
  bool running_{false};
  std::uint64_t failed_{0};  // the last one that failed
  std::optional<Error> error_;
};

/// FileOps for a process of several threads: syncs of one directory are shared, and what is known
/// of a file system is remembered for as long as the process lives; all else is as in PosixFileOps.
/// (A third level of inheritance; forwarding twenty calls would say less.)
class SharedSyncFileOps final : public PosixFileOps {
 public:
  Result<void> sync(int fd) override;
  Result<bool> keeps_order(int fd) override;

 private:
  using Key = std::pair<dev_t, ino_t>;
  std::mutex mutex_;
  std::map<Key, std::weak_ptr<SharedSync>> directories_;  // those being synced now
  std::map<dev_t, bool> keeps_order_;
};

}  // namespace lbx
