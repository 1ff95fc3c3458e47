// SPDX-License-Identifier: MIT
// FileOps over the real file system that keeps a journal of its calls and can fail the n-th one.
#pragma once

#include <cerrno>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/base/file_ops.h"

namespace lbx::testing_support {

class FaultyFileOps final : public FileOps {
 public:
  /// What keeps_order() says, whatever the scratch directory lies on.
  bool ordered{false};

  /// The n-th call from now on (1 is the next) fails with `code`; 0: none does.
  void fail_call(std::size_t n, int code) {
    fail_at_ = n == 0 ? 0 : journal_.size() + n;
    code_ = code;
  }
  /// Every call of this name fails with `code`.
  void fail_every(std::string call, int code) {
    fail_name_ = std::move(call);
    code_ = code;
  }
  /// Names of the calls so far, with their path where they have one: "link new/x".
  const std::vector<std::string>& journal() const { return journal_; }

  Result<UniqueFd> open_at(int dir, const std::string& path, int flags, mode_t mode) override {
    if (fails("open", path)) return error("open");
    return real_.open_at(dir, path, flags, mode);
  }
  Result<std::size_t> read(int fd, char* buffer, std::size_t size) override {
    if (fails("read")) return error("read");
    return real_.read(fd, buffer, size);
  }
  Result<std::size_t> read_at(int fd, char* buffer, std::size_t size,
                              std::uint64_t offset) override {
    if (fails("read_at")) return error("read_at");
    return real_.read_at(fd, buffer, size, offset);
  }
  Result<std::size_t> write(int fd, std::string_view bytes) override {
    if (fails("write")) return error("write");
    return real_.write(fd, bytes);
  }
  Result<void> sync(int fd) override {
    if (fails("sync")) return error("sync");
    return real_.sync(fd);
  }
  Result<void> write_back(int fd) override {
    if (fails("write_back")) return error("write_back");
    return real_.write_back(fd);
  }
  Result<bool> keeps_order(int /*fd*/) override {
    if (fails("keeps_order")) return error("keeps_order");
    return ordered;
  }
  Result<void> sync_file_system(int fd) override {
    if (fails("sync_file_system")) return error("sync_file_system");
    return real_.sync_file_system(fd);
  }
  Result<void> close(UniqueFd fd) override {
    if (fails("close")) return error("close");
    return real_.close(std::move(fd));
  }
  Result<void> truncate(int fd, std::uint64_t length) override {
    if (fails("truncate")) return error("truncate");
    return real_.truncate(fd, length);
  }
  Result<void> set_modified(int fd, Instant time) override {
    if (fails("set_modified")) return error("set_modified");
    return real_.set_modified(fd, time);
  }
  Result<void> link_at(int dir, const std::string& from, int to_dir,
                       const std::string& to) override {
    if (fails("link", to)) return error("link");
    return real_.link_at(dir, from, to_dir, to);
  }
  Result<void> link_fd(int fd, int to_dir, const std::string& to) override {
    if (fails("link_fd", to)) return error("link_fd");
    return real_.link_fd(fd, to_dir, to);
  }
  Result<void> rename_at(int dir, const std::string& from, int to_dir,
                         const std::string& to) override {
    if (fails("rename", to)) return error("rename");
    return real_.rename_at(dir, from, to_dir, to);
  }
  Result<void> rename_new(int dir, const std::string& from, int to_dir,
                          const std::string& to) override {
    if (fails("rename_new", to)) return error("rename_new");
    return real_.rename_new(dir, from, to_dir, to);
  }
  Result<void> unlink_at(int dir, const std::string& path, int flags) override {
    if (fails("unlink", path)) return error("unlink");
    return real_.unlink_at(dir, path, flags);
  }
  Result<void> make_directory(int dir, const std::string& path, mode_t mode) override {
    if (fails("mkdir", path)) return error("mkdir");
    return real_.make_directory(dir, path, mode);
  }
  Result<struct stat> stat_fd(int fd) override {
    if (fails("stat_fd")) return error("stat_fd");
    return real_.stat_fd(fd);
  }
  Result<struct stat> stat_at(int dir, const std::string& path, int flags) override {
    if (fails("stat", path)) return error("stat");
    return real_.stat_at(dir, path, flags);
  }
  Result<FileSystemKind> file_system(int fd) override {
    if (fails("file_system")) return error("file_system");
    return real_.file_system(fd);
  }
  Result<std::vector<DirectoryEntry>> list(int dir, const std::string& path) override {
    if (fails("list", path)) return error("list");
    return real_.list(dir, path);
  }

 private:
  bool fails(const std::string& call, const std::string& path = "") {
    const std::lock_guard lock{mutex_};  // some of what is tested has threads
    journal_.push_back(path.empty() ? call : call + ' ' + path);
    return journal_.size() == fail_at_ || call == fail_name_;
  }
  Error error(const std::string& call) const {
    return Error::from_errno(code_, "injected fault in " + call);
  }

  PosixFileOps real_;
  std::mutex mutex_;
  std::vector<std::string> journal_;
  std::size_t fail_at_{0};
  std::string fail_name_;
  int code_{EIO};
};

}  // namespace lbx::testing_support
