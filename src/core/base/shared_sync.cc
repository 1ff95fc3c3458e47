// SPDX-License-Identifier: MIT
#include "core/base/shared_sync.h"

namespace lbx {

Result<void> SharedSync::run(const std::function<Result<void>()>& sync) {
  std::unique_lock lock{mutex_};
  const std::uint64_t mine = begun_ + 1;  // the first that begins from now on
  while (finished_ < mine) {
    if (running_) {
      ended_.wait(lock);
      continue;
    }
    running_ = true;
    const std::uint64_t number = ++begun_;
    lock.unlock();
    const Result<void> result = sync();
    lock.lock();
    running_ = false;
    finished_ = number;
    if (!result) {
      failed_ = number;
      error_ = result.error();
    }
    ended_.notify_all();
  }
  if (failed_ >= mine) return *error_;
  return {};
}

Result<void> SharedSyncFileOps::sync(int fd) {
  const struct stat status = LBX_TRY(stat_fd(fd));
  if (!S_ISDIR(status.st_mode)) return PosixFileOps::sync(fd);

  const Key key{status.st_dev, status.st_ino};
  std::shared_ptr<SharedSync> shared;
  {
    const std::lock_guard lock{mutex_};
    std::weak_ptr<SharedSync>& slot = directories_[key];
    shared = slot.lock();
    if (!shared) slot = shared = std::make_shared<SharedSync>();
  }
  Result<void> result = shared->run([this, fd] { return PosixFileOps::sync(fd); });
  const std::lock_guard lock{mutex_};
  shared.reset();
  const auto found = directories_.find(key);
  if (found != directories_.end() && found->second.expired()) directories_.erase(found);
  return result;
}

Result<bool> SharedSyncFileOps::keeps_order(int fd) {
  const struct stat status = LBX_TRY(stat_fd(fd));
  const std::lock_guard lock{mutex_};
  const auto known = keeps_order_.find(status.st_dev);
  if (known != keeps_order_.end()) return known->second;
  const bool keeps = LBX_TRY(PosixFileOps::keeps_order(fd));
  return keeps_order_[status.st_dev] = keeps;
}

}  // namespace lbx
