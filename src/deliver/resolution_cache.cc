// SPDX-License-Identifier: MIT
#include "deliver/resolution_cache.h"

namespace lbx::deliver {

Result<ResolutionCache::Entry*> ResolutionCache::find(const Order& order, std::int64_t now) {
  const bool routed = is_of_queue(order.kind);
  const std::string key = (routed ? 'L' : 'A') + address_of(order);
  const auto known = entries_.find(key);
  if (known != entries_.end() && seconds_left(known->second, now) > 0) return &known->second;
  users::Resolution resolution = LBX_TRY(routed ? resolver_.resolve_local(order.local, order.domain)
                                                : resolver_.resolve(order.local, order.domain));
  if (entries_.size() >= kMaxCachedResolutions) entries_.clear();
  return &entries_.insert_or_assign(key, Entry{std::move(resolution), now}).first->second;
}

}  // namespace lbx::deliver
