// SPDX-License-Identifier: MIT
#include "core/users/file_stamp.h"

#include <fcntl.h>

#include <cerrno>

namespace lbx::users {

Result<FileStamp> stamp_of(FileOps& files, const std::string& path) {
  const Result<struct stat> status = files.stat_at(AT_FDCWD, path);
  if (!status && status.error().os_error == ENOENT) return FileStamp{};
  if (!status) return status.error();
  return FileStamp{true,
                   status->st_dev,
                   status->st_ino,
                   status->st_size,
                   status->st_ctim.tv_sec,
                   status->st_ctim.tv_nsec};
}

}  // namespace lbx::users
