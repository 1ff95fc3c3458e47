// SPDX-License-Identifier: MIT
// A file of any size through a window of fixed size, which moves where one looks. Small steps
// forward and back cost no system call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx {

class FileWindow {
 public:
  /// Octets that are held; no more can be asked for at once.
  static constexpr std::size_t kSize = std::size_t{256} * 1024;

  /// `files` and `fd`, a seekable file of `size` octets, must outlive the window.
  FileWindow(FileOps& files, int fd, std::uint64_t size) : files_{&files}, fd_{fd}, size_{size} {}

  /// What is held from `offset` on: at least `want` octets, or all up to the end of the file. Valid
  /// until the next call.
  Result<std::string_view> at(std::uint64_t offset, std::size_t want);
  std::uint64_t size() const { return size_; }
  /// The file has another size now; what was held is read again.
  void resize(std::uint64_t size) {
    size_ = size;
    held_ = 0;
  }

 private:
  Result<void> fill(std::uint64_t offset);

  FileOps* files_;
  int fd_;
  std::uint64_t size_;
  std::uint64_t start_{0};
  std::size_t held_{0};
  std::string buffer_;
};

}  // namespace lbx
