// SPDX-License-Identifier: MIT
// A file in memory as it lies in the page cache, to be read: processes that map the same file share
// the memory. The file must not become shorter meanwhile, or a reader dies (SIGBUS): map only what
// is replaced and never changed, by those who may write it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace lbx {

class MappedFile {
 public:
  /// The first `size` octets of `fd`, which may be closed then. None: there is no mapping here.
  static std::optional<MappedFile> map(int fd, std::size_t size);

  MappedFile(MappedFile&& other) noexcept
      : start_{std::exchange(other.start_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {static_cast<const char*>(start_), size_}; }

 private:
  MappedFile(void* start, std::size_t size) : start_{start}, size_{size} {}

  void* start_;
  std::size_t size_;
};

}  // namespace lbx
