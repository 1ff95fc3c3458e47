// SPDX-License-Identifier: MIT
#include "deliver/verdict_cache.h"

namespace lbx::deliver {

const Answer* VerdictCache::find(const Order& order) {
  const auto found = entries_.find(address_of(order));
  if (found == entries_.end()) return nullptr;
  const Entry& entry = found->second;
  const std::int64_t now = clock_.now().seconds;
  if (now < entry.since || now - entry.since >= age_.count()) {
    entries_.erase(found);
    return nullptr;
  }
  const bool yes = entry.answer.verdict == Verdict::Done;
  if (yes ? order.size > entry.size : order.size < entry.size) return nullptr;
  return &entry.answer;
}

void VerdictCache::keep(const Order& order, const Answer& answer) {
  if (age_.count() == 0) return;
  if (entries_.size() >= kMaxCachedVerdicts) entries_.clear();
  entries_.insert_or_assign(address_of(order), Entry{answer, order.size, clock_.now().seconds});
}

}  // namespace lbx::deliver
