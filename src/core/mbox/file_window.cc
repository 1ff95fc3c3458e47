// SPDX-License-Identifier: MIT
#include "core/mbox/file_window.h"

#include <algorithm>

namespace lbx {

Result<std::string_view> FileWindow::at(std::uint64_t offset, std::size_t want) {
  if (offset >= size_) return std::string_view{};
  const std::uint64_t needed_end = std::min<std::uint64_t>(offset + want, size_);
  if (offset < start_ || offset >= start_ + held_ || needed_end > start_ + held_) {
    LBX_TRY(fill(offset));
  }
  return std::string_view{buffer_}.substr(offset - start_, held_ - (offset - start_));
}

Result<void> FileWindow::fill(std::uint64_t offset) {
  buffer_.resize(kSize);
  start_ = offset;
  held_ = 0;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kSize, size_ - offset));
  while (held_ < wanted) {
    const std::size_t got =
        LBX_TRY(files_->read_at(fd_, buffer_.data() + held_, wanted - held_, start_ + held_));
    if (got == 0) return Error::later("the file became shorter while it was read");
    held_ += got;
  }
  return {};
}

}  // namespace lbx
