// SPDX-License-Identifier: MIT
#include "pop3d/login_delay.h"

#include <fcntl.h>

#include <cerrno>

namespace lbx::pop3d {
namespace {

constexpr const char* kFile = "letterbox-pop3-login";
constexpr int kFlags = O_WRONLY | O_NONBLOCK | O_NOFOLLOW;
constexpr mode_t kDelayFileMode = 0600;

}  // namespace

Result<bool> login_too_soon(System& system, int maildir, std::chrono::seconds delay) {
  if (delay.count() == 0) return false;
  FileOps& files = system.files;
  const Instant now = system.clock.now();
  Result<UniqueFd> file = files.open_at(maildir, kFile, kFlags);
  const bool first = !file && file.error().os_error == ENOENT;
  if (first) file = files.open_at(maildir, kFile, kFlags | O_CREAT, kDelayFileMode);
  if (!file) return file.error();
  const struct stat status = LBX_TRY(files.stat_fd(file->get()));
  const std::int64_t ago = now.seconds - status.st_mtim.tv_sec;
  if (!first && ago >= 0 && ago < delay.count()) return true;
  LBX_TRY(files.set_modified(file->get(), now));
  return false;
}

}  // namespace lbx::pop3d
