// SPDX-License-Identifier: MIT
#include "core/base/mapped_file.h"

#include <sys/mman.h>

namespace lbx {

std::optional<MappedFile> MappedFile::map(int fd, std::size_t size) {
  if (size == 0) return std::nullopt;
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (start == MAP_FAILED) return std::nullopt;  // NOLINT: the macro casts
  return MappedFile{start, size};
}

MappedFile::~MappedFile() {
  if (start_ != nullptr) ::munmap(start_, size_);
}

}  // namespace lbx
