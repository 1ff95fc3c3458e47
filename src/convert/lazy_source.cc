// SPDX-License-Identifier: MIT
#include "convert/lazy_source.h"

#include <algorithm>

namespace lbx::convert {

Result<void> LazySource::open() {
  if (inner_) return {};
  std::unique_ptr<Source> source = LBX_TRY(open_());
  if (!stamp_.empty() && source->stamp() != stamp_) {
    return Error::later(name_ + ": another program changed it while it was read");
  }
  inner_ = std::move(source);
  return {};
}

Result<std::optional<Message>> LazySource::next() {
  LBX_TRY(open());
  return inner_->next();
}

/// In octets of the files, which may be compressed.
std::uint64_t LazySource::position() const {
  if (!inner_ || inner_->size() == 0) return 0;
  const double share =
      static_cast<double>(inner_->position()) / static_cast<double>(inner_->size());
  return std::min(size_, static_cast<std::uint64_t>(share * static_cast<double>(size_)));
}

Result<bool> LazySource::resume(const std::string& mark) {
  if (!open()) return false;  // next() says why
  return inner_->resume(mark);
}

Result<Findings> LazySource::findings() {
  return inner_ ? inner_->findings() : Result<Findings>{Findings{}};
}

void LazySource::release() {
  if (!inner_) return;
  if (keep_) return inner_->release();
  stamp_ = inner_->stamp();
  inner_.reset();
}

Result<void> LazySource::remove() {
  LBX_TRY(open());
  LBX_TRY(inner_->remove());
  inner_.reset();
  return {};
}

}  // namespace lbx::convert
