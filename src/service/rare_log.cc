// SPDX-License-Identifier: MIT
#include "service/rare_log.h"

#include <utility>

namespace lbx {

std::optional<std::size_t> RareLog::due(const std::string& key, Time now) {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= kMaxKeys) entries_.clear();
    entries_.emplace(key, Entry{now, 0});
    return 0;
  }
  Entry& entry = found->second;
  if (now - entry.written < kInterval) {
    ++entry.left_out;
    return std::nullopt;
  }
  entry.written = now;
  return std::exchange(entry.left_out, 0);
}

}  // namespace lbx
