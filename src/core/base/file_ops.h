// SPDX-License-Identifier: MIT
// The file system behind one narrow interface, so that tests can fail the n-th call and record
// what was synced. Every call is one system call (close and fsync are never retried: a failed one
// has lost its data); EINTR is retried where that is safe. Paths are relative to a directory
// descriptor (AT_FDCWD for the working directory). Every descriptor is close-on-exec. All errors
// are Retry::Later with `os_error` set: only the caller knows whether one of them means never.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace lbx {

/// What lies below a path, as the publish ladder and the lock rules need to know it.
enum class FileSystemKind { Local, Nfs, Fuse };

/// One name of a directory. `is_directory` may be unknown to the file system; it is false then.
struct DirectoryEntry {
  std::string name;
  bool is_directory{false};
};

/// The same while a directory is being read, with nothing copied.
struct ListedName {
  std::string_view name;  // valid during the call only
  std::uint64_t inode;    // 0 where it is not known; a hint for the order of reading, no identity
  bool is_directory;
  bool is_regular{false};  // false also where it is not known
};
using NameSink = std::function<void(const ListedName&)>;

class FileOps {
 public:
  virtual ~FileOps() = default;

  virtual Result<UniqueFd> open_at(int dir, const std::string& path, int flags,
                                   mode_t mode = 0) = 0;
  /// At most `size` bytes from the descriptor's own position; 0 at the end.
  virtual Result<std::size_t> read(int fd, char* buffer, std::size_t size) = 0;
  /// The same at `offset`, which leaves the descriptor's position alone.
  virtual Result<std::size_t> read_at(int fd, char* buffer, std::size_t size,
                                      std::uint64_t offset) = 0;
  /// May write less than asked for, as write(2); write_all() in io.h does the rest.
  virtual Result<std::size_t> write(int fd, std::string_view bytes) = 0;
  /// fsync(2), for a file or a directory.
  virtual Result<void> sync(int fd) = 0;
  /// sync_file_range(2) and waits: the data of a file is where a flush will make it last. It lasts
  /// once something later does, where keeps_order() holds; else this promises nothing. By default
  /// the same as sync().
  virtual Result<void> write_back(int fd);
  /// Whether the file system that `fd` lies on makes changes last in the order in which they were
  /// made: to sync one of them settles all before it, and a power cut leaves no later one without
  /// the earlier ones. False where that is not known for certain.
  virtual Result<bool> keeps_order(int fd);
  /// syncfs(2): everything of the file system that `fd` lies on.
  virtual Result<void> sync_file_system(int fd) = 0;
  /// Closes and tells what close(2) said; NFS and quota report lost data here.
  virtual Result<void> close(UniqueFd fd) = 0;
  virtual Result<void> truncate(int fd, std::uint64_t length) = 0;
  virtual Result<void> set_modified(int fd, Instant time) = 0;

  virtual Result<void> link_at(int dir, const std::string& from, int to_dir,
                               const std::string& to) = 0;
  /// Gives the file of an O_TMPFILE descriptor its first name. Needs /proc.
  virtual Result<void> link_fd(int fd, int to_dir, const std::string& to) = 0;
  virtual Result<void> rename_at(int dir, const std::string& from, int to_dir,
                                 const std::string& to) = 0;
  /// renameat2(RENAME_NOREPLACE): EEXIST where `to` exists; EINVAL or ENOSYS where the file
  /// system cannot.
  virtual Result<void> rename_new(int dir, const std::string& from, int to_dir,
                                  const std::string& to) = 0;
  /// `flags`: 0, or AT_REMOVEDIR.
  virtual Result<void> unlink_at(int dir, const std::string& path, int flags = 0) = 0;
  virtual Result<void> make_directory(int dir, const std::string& path, mode_t mode) = 0;

  virtual Result<struct stat> stat_fd(int fd) = 0;
  /// `flags`: 0, or AT_SYMLINK_NOFOLLOW.
  virtual Result<struct stat> stat_at(int dir, const std::string& path, int flags = 0) = 0;
  virtual Result<FileSystemKind> file_system(int fd) = 0;
  /// Every name but "." and "..", in the file system's order.
  virtual Result<std::vector<DirectoryEntry>> list(int dir, const std::string& path) = 0;
  /// list() for large directories: no memory for each name. After an error `sink` may have been
  /// given some of the names.
  virtual Result<void> each_name(int dir, const std::string& path, const NameSink& sink);
};

class PosixFileOps : public FileOps {
 public:
  Result<UniqueFd> open_at(int dir, const std::string& path, int flags, mode_t mode) override;
  Result<std::size_t> read(int fd, char* buffer, std::size_t size) override;
  Result<std::size_t> read_at(int fd, char* buffer, std::size_t size,
                              std::uint64_t offset) override;
  Result<std::size_t> write(int fd, std::string_view bytes) override;
  Result<void> sync(int fd) override;
  Result<void> write_back(int fd) override;
  /// True for ext4 with its journal inside, which this machine's file systems in /proc and /sys
  /// tell.
  Result<bool> keeps_order(int fd) override;
  Result<void> sync_file_system(int fd) override;
  Result<void> close(UniqueFd fd) override;
  Result<void> truncate(int fd, std::uint64_t length) override;
  Result<void> set_modified(int fd, Instant time) override;
  Result<void> link_at(int dir, const std::string& from, int to_dir,
                       const std::string& to) override;
  Result<void> link_fd(int fd, int to_dir, const std::string& to) override;
  Result<void> rename_at(int dir, const std::string& from, int to_dir,
                         const std::string& to) override;
  Result<void> rename_new(int dir, const std::string& from, int to_dir,
                          const std::string& to) override;
  Result<void> unlink_at(int dir, const std::string& path, int flags) override;
  Result<void> make_directory(int dir, const std::string& path, mode_t mode) override;
  Result<struct stat> stat_fd(int fd) override;
  Result<struct stat> stat_at(int dir, const std::string& path, int flags) override;
  Result<FileSystemKind> file_system(int fd) override;
  Result<std::vector<DirectoryEntry>> list(int dir, const std::string& path) override;
  Result<void> each_name(int dir, const std::string& path, const NameSink& sink) override;
};

}  // namespace lbx
