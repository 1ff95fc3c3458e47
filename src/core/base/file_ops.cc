// SPDX-License-Identifier: MIT
#include "core/base/file_ops.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <memory>

namespace lbx {
namespace {

Error failed(const char* call, const std::string& path) {
  return Error::from_errno(errno, std::string{call} + ' ' + path);
}

Error failed(const char* call) {
  return Error::from_errno(errno, call);
}

Result<void> done(int result, const char* call) {
  if (result != 0) return failed(call);
  return {};
}

Result<void> done(int result, const char* call, const std::string& path) {
  if (result != 0) return failed(call, path);
  return {};
}

/// Repeats a call that a signal interrupted.
template <typename Call>
auto uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

struct CloseDirectory {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

Result<UniqueFd> PosixFileOps::open_at(int dir, const std::string& path, int flags, mode_t mode) {
  UniqueFd fd{uninterrupted([&] { return ::openat(dir, path.c_str(), flags | O_CLOEXEC, mode); })};
  if (!fd) return failed("open", path);
  return fd;
}

Result<std::size_t> PosixFileOps::read(int fd, char* buffer, std::size_t size) {
  const ssize_t got = uninterrupted([&] { return ::read(fd, buffer, size); });
  if (got < 0) return failed("read");
  return static_cast<std::size_t>(got);
}

Result<std::size_t> PosixFileOps::read_at(int fd, char* buffer, std::size_t size,
                                          std::uint64_t offset) {
  const ssize_t got =
      uninterrupted([&] { return ::pread(fd, buffer, size, static_cast<off_t>(offset)); });
  if (got < 0) return failed("read");
  return static_cast<std::size_t>(got);
}

Result<std::size_t> PosixFileOps::write(int fd, std::string_view bytes) {
  const ssize_t put = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
  if (put < 0) return failed("write");
  return static_cast<std::size_t>(put);
}

Result<void> PosixFileOps::sync(int fd) {
  return done(::fsync(fd), "fsync");
}

Result<void> PosixFileOps::write_back(int fd) {
  static constexpr unsigned kAll =
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  return done(::sync_file_range(fd, 0, 0, kAll), "sync_file_range");
}

/// ext4 takes names, sizes and extents into one journal, whose transactions are committed in their
/// order, each behind a flush. A block that has been written back counts as written by a
/// transaction no later than that of the next link(2), and the flush covers it. The same magic
/// number stands for an ext4 without a journal and for ext2, which keep no order; and with a
/// journal on another device the flush before a commit need not reach the data. jbd2 shows a
/// journal within the file system as DEVICE-8, by the number of its inode.
Result<bool> PosixFileOps::keeps_order(int fd) {
  struct statfs kind {};
  if (uninterrupted([&] { return ::fstatfs(fd, &kind); }) != 0) return failed("statfs");
  if (kind.f_type != EXT4_SUPER_MAGIC) return false;
  const struct stat status = LBX_TRY(stat_fd(fd));
  const std::string device = "/sys/dev/block/" + std::to_string(major(status.st_dev)) + ':' +
                             std::to_string(minor(status.st_dev));
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(device.c_str(), target.data(), target.size());
  if (length <= 0 || static_cast<std::size_t>(length) == target.size()) return false;
  const std::string_view place{target.data(), static_cast<std::size_t>(length)};
  const std::string name{place.substr(place.rfind('/') + 1)};
  return ::access(("/proc/fs/jbd2/" + name + "-8").c_str(), F_OK) == 0;
}

Result<void> PosixFileOps::sync_file_system(int fd) {
  return done(::syncfs(fd), "syncfs");
}

Result<void> PosixFileOps::close(UniqueFd fd) {
  return done(::close(fd.release()), "close");
}

Result<void> PosixFileOps::truncate(int fd, std::uint64_t length) {
  return done(::ftruncate(fd, static_cast<off_t>(length)), "truncate");
}

Result<void> PosixFileOps::set_modified(int fd, Instant time) {
  const timespec when{time.seconds, time.micros * 1000L};
  const timespec times[2] = {when, when};
  return done(::futimens(fd, times), "futimens");
}

Result<void> PosixFileOps::link_at(int dir, const std::string& from, int to_dir,
                                   const std::string& to) {
  return done(::linkat(dir, from.c_str(), to_dir, to.c_str(), 0), "link", to);
}

Result<void> PosixFileOps::link_fd(int fd, int to_dir, const std::string& to) {
  const std::string from = "/proc/self/fd/" + std::to_string(fd);
  return done(::linkat(AT_FDCWD, from.c_str(), to_dir, to.c_str(), AT_SYMLINK_FOLLOW), "link", to);
}

Result<void> PosixFileOps::rename_at(int dir, const std::string& from, int to_dir,
                                     const std::string& to) {
  return done(::renameat(dir, from.c_str(), to_dir, to.c_str()), "rename", to);
}

Result<void> PosixFileOps::rename_new(int dir, const std::string& from, int to_dir,
                                      const std::string& to) {
  return done(::renameat2(dir, from.c_str(), to_dir, to.c_str(), RENAME_NOREPLACE), "rename", to);
}

Result<void> PosixFileOps::unlink_at(int dir, const std::string& path, int flags) {
  return done(::unlinkat(dir, path.c_str(), flags), "unlink", path);
}

Result<void> PosixFileOps::make_directory(int dir, const std::string& path, mode_t mode) {
  return done(::mkdirat(dir, path.c_str(), mode), "mkdir", path);
}

Result<struct stat> PosixFileOps::stat_fd(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failed("stat");
  return status;
}

Result<struct stat> PosixFileOps::stat_at(int dir, const std::string& path, int flags) {
  struct stat status {};
  if (::fstatat(dir, path.c_str(), &status, flags) != 0) return failed("stat", path);
  return status;
}

Result<FileSystemKind> PosixFileOps::file_system(int fd) {
  static constexpr auto kFuseMagic = 0x65735546;
  struct statfs status {};
  if (uninterrupted([&] { return ::fstatfs(fd, &status); }) != 0) return failed("statfs");
  if (status.f_type == kFuseMagic) return FileSystemKind::Fuse;
  if (status.f_type == NFS_SUPER_MAGIC) return FileSystemKind::Nfs;
  return FileSystemKind::Local;
}

Result<std::vector<DirectoryEntry>> PosixFileOps::list(int dir, const std::string& path) {
  std::vector<DirectoryEntry> entries;
  LBX_TRY(each_name(dir, path, [&](const ListedName& each) {
    entries.push_back({std::string{each.name}, each.is_directory});
  }));
  return entries;
}

Result<void> PosixFileOps::each_name(int dir, const std::string& path, const NameSink& sink) {
  UniqueFd fd = LBX_TRY(open_at(dir, path, O_RDONLY | O_DIRECTORY, 0));
  const std::unique_ptr<DIR, CloseDirectory> stream{::fdopendir(fd.get())};
  if (!stream) return failed("opendir", path);
  fd.release();  // the stream owns it now

  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): own stream
    if (entry == nullptr) break;
    const std::string_view name{entry->d_name};
    if (name == "." || name == "..") continue;
    sink({name, entry->d_ino, entry->d_type == DT_DIR, entry->d_type == DT_REG});
  }
  if (errno != 0) return failed("readdir", path);
  return {};
}

Result<void> FileOps::write_back(int fd) {
  return sync(fd);
}

Result<bool> FileOps::keeps_order(int /*fd*/) {
  return false;
}

Result<void> FileOps::each_name(int dir, const std::string& path, const NameSink& sink) {
  for (const DirectoryEntry& each : LBX_TRY(list(dir, path))) {
    sink({each.name, 0, each.is_directory});
  }
  return {};
}

}  // namespace lbx
