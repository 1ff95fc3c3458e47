// SPDX-License-Identifier: MIT
#include "deliver/unsettled.h"

#include <utility>

namespace lbx::deliver {

Result<void> Unsettled::add(UniqueFd folder) {
  const struct stat status = LBX_TRY(files_.stat_fd(folder.get()));
  const std::lock_guard lock{mutex_};
  folders_.try_emplace({status.st_dev, status.st_ino}, std::move(folder));
  return {};
}

Result<void> Unsettled::settle() {
  Folders folders;
  {
    const std::lock_guard lock{mutex_};
    folders.swap(folders_);
  }
  Result<void> settled;
  for (const auto& [place, folder] : folders) {
    const Result<void> synced = files_.sync(folder.get());
    if (!synced) settled = synced;
  }
  return settled;
}

}  // namespace lbx::deliver
