// SPDX-License-Identifier: MIT
#include "convert/maildir_files.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "core/base/ascii.h"
#include "core/maildir/quota.h"

namespace lbx::convert {

Result<bool> exists(FileOps& files, int dir, const std::string& path) {
  const Result<struct stat> status = files.stat_at(dir, path, AT_SYMLINK_NOFOLLOW);
  if (status) return true;
  if (status.error().os_error == ENOENT || status.error().os_error == ENOTDIR) return false;
  return status.error();
}

Result<void> rename_to_free(FileOps& files, int dir, const std::string& from, int to_dir,
                            const std::string& to) {
  Result<void> renamed = files.rename_new(dir, from, to_dir, to);
  int code = renamed ? 0 : renamed.error().os_error;
  if (code != EINVAL && code != ENOSYS) return renamed;
  Result<void> linked = files.link_at(dir, from, to_dir, to);
  if (linked) return files.unlink_at(dir, from);
  code = linked.error().os_error;
  if (code != EPERM && code != EOPNOTSUPP && code != ENOSYS) return linked;
  if (files.stat_at(to_dir, to)) return linked;
  return files.rename_at(dir, from, to_dir, to);
}

std::string with_sizes(const std::string& base, std::uint64_t octets, std::uint64_t wire_octets) {
  const std::vector<std::string_view> parts = ascii::split(base, ',');
  std::string out{parts.front()};
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    out += ',';
    if (part->starts_with("S=")) {
      out += "S=" + std::to_string(octets);
    } else if (part->starts_with("W=")) {
      out += "W=" + std::to_string(wire_octets);
    } else {
      out += *part;
    }
  }
  return out;
}

Result<void> recount_quota(System& system, LockOps& locks, int maildir) {
  std::optional<MaildirQuota> quota = LBX_TRY(
      MaildirQuota::find(system, maildir, "", [] { return Result<QuotaLimit>{QuotaLimit{}}; }));
  if (!quota) return {};
  LockWait wait{locks, kMboxLockTimeout};
  const UniqueFd turn = LBX_TRY(quota->take_turn(
      [&](int fd) { return lock_file(locks, fd, KernelLock::Fcntl, LockMode::Exclusive, wait); }));
  return quota->recount();
}

UniqueName fresh_name(System& system, std::int64_t seconds, std::uint64_t octets,
                      std::uint64_t wire_octets) {
  const Instant time{std::max<std::int64_t>(seconds, 0), 0};
  return UniqueName::make({time, system.pid, system.randomness.bits64(), system.host_name}, octets,
                          wire_octets);
}

}  // namespace lbx::convert
