// SPDX-License-Identifier: MIT
#include "pop3d/folder_state.h"

#include <fcntl.h>

#include <algorithm>

namespace lbx::pop3d {
namespace {

constexpr std::int64_t kStampSecond = 1'000'000'000;

}  // namespace

Stamp stamp_of(FileOps& files, int maildir, const std::string& path) {
  const Result<struct stat> status = files.stat_at(maildir, path, AT_SYMLINK_NOFOLLOW);
  if (!status) return {};
  return {status->st_ino, status->st_ctim.tv_sec * kStampSecond + status->st_ctim.tv_nsec,
          status->st_mtim.tv_sec * kStampSecond + status->st_mtim.tv_nsec,
          static_cast<std::uint64_t>(status->st_size)};
}

FolderState folder_state(FileOps& files, int maildir) {
  return {stamp_of(files, maildir, "new"), stamp_of(files, maildir, "cur")};
}

bool is_settled(System& system, int maildir, const FolderState& state) {
  const Stamp& fresh = state.new_folder;
  const Stamp& seen = state.cur_folder;
  if (fresh.inode == 0 || seen.inode == 0) return false;
  const std::int64_t last = std::max({fresh.changed, fresh.modified, seen.changed, seen.modified});
  if (system.clock.now().seconds - last / kStampSecond < kSettledSeconds) return false;
  const Result<FileSystemKind> kind = system.files.file_system(maildir);
  return kind && *kind == FileSystemKind::Local;
}

}  // namespace lbx::pop3d
