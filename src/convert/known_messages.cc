// SPDX-License-Identifier: MIT
#include "convert/known_messages.h"

#include <algorithm>

namespace lbx::convert {

Result<KnownMessages> KnownMessages::load(const ImportRecord& record, const std::string& source,
                                          bool pending) {
  KnownMessages known;
  LBX_TRY(record.for_each([&](const ImportRecord::Entry& entry) {
    if (entry.source == source && (pending || !entry.pending)) {
      known.digests_.push_back(entry.digest);
    }
  }));
  std::ranges::sort(known.digests_);
  known.taken_.resize(known.digests_.size());
  return known;
}

bool KnownMessages::take(const MessageDigest& digest) {
  // The subrange of std::ranges::equal_range is too much for clang 14.
  const auto [first, last] = std::equal_range(digests_.begin(), digests_.end(), digest);
  for (auto each = first; each != last; ++each) {
    const auto place = static_cast<std::size_t>(each - digests_.begin());
    if (taken_[place]) continue;
    taken_[place] = true;
    return true;
  }
  return false;
}

Result<MessageDigest> digest_of(const MessageSource& content, Sha256& sum) {
  const Result<void> read = content([&sum](std::string_view chunk) -> Result<void> {
    sum.add(chunk);
    return {};
  });
  const MessageDigest digest = MessageDigest::of(sum.finish());
  if (!read) return read.error();
  return digest;
}

}  // namespace lbx::convert
