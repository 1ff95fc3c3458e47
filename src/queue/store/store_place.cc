// SPDX-License-Identifier: MIT
#include "queue/store/store_place.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace lbx::queue {
namespace {

constexpr mode_t kStoreFileMode = 0600;
constexpr int kLockInterval = 10;  // milliseconds

// The magic numbers of statfs(2).
constexpr std::array<unsigned long, 14> kSharedFileSystems{
    0x6969,      // NFS
    0x517b,      // SMB
    0xff534d42,  // CIFS
    0xfe534d42,  // SMB 2
    0x00c36400,  // Ceph
    0x5346414f,  // AFS
    0x6b414653,  // kAFS
    0x01021997,  // 9P
    0x01161970,  // GFS2
    0x7461636f,  // OCFS2
    0x0bd00bd0,  // Lustre
    0x73757245,  // Coda
    0x65735546,  // FUSE
    0x47504653,  // GPFS
};

}  // namespace

Result<void> give_to_owner(System& system, int directory, int file) {
  if (::geteuid() != 0) return {};
  const struct stat owner = LBX_TRY(system.files.stat_fd(directory));
  if (::fchown(file, owner.st_uid, owner.st_gid) != 0) return Error::from_errno(errno, "chown");
  return {};
}

Result<void> refuse_network_file_system(long type, const std::string& directory) {
  // Some types have bit 31 set, and the field a sign.
  const auto magic = static_cast<unsigned long>(type) & 0xffffffffUL;
  if (std::ranges::find(kSharedFileSystems, magic) == kSharedFileSystems.end()) return {};
  return Error::later(directory + " is on a network file system or FUSE; a queue needs a disk");
}

Result<UniqueFd> open_store_directory(System& system, const std::string& directory) {
  UniqueFd fd = LBX_TRY(system.files.open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY));
  struct statfs status {};
  if (::fstatfs(fd.get(), &status) != 0) return Error::from_errno(errno, directory);
  LBX_TRY(refuse_network_file_system(status.f_type, directory));
  return fd;
}

Result<UniqueFd> lock_store(System& system, int directory, int patience_ms) {
  UniqueFd lock =
      LBX_TRY(system.files.open_at(directory, "lock", O_RDWR | O_CREAT, kStoreFileMode));
  LBX_TRY(give_to_owner(system, directory, lock.get()));
  for (int waited = 0; ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0; waited += kLockInterval) {
    if (errno != EWOULDBLOCK || waited >= patience_ms) {
      return Error::from_errno(errno, "another process writes to the queue");
    }
    ::poll(nullptr, 0, kLockInterval);
  }
  return lock;
}

Result<bool> make_store_file(System& system, int directory, const std::string& name) {
  Result<UniqueFd> file = system.files.open_at(
      directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kStoreFileMode);
  if (!file && file.error().os_error == EEXIST) return false;
  if (!file) return file.error();
  LBX_TRY(give_to_owner(system, directory, file->get()));
  LBX_TRY(system.files.close(std::move(*file)));
  return true;
}

}  // namespace lbx::queue
