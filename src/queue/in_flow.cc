// SPDX-License-Identifier: MIT
#include "queue/in_flow.h"

#include <algorithm>
#include <utility>

namespace lbx::queue {
namespace {

/// Deliveries for each message that comes in meanwhile.
constexpr std::uint64_t kDeliveriesForOne = 3;
constexpr std::uint64_t kTicksOfASecond =
    std::chrono::milliseconds{std::chrono::seconds{1}} / InFlow::kInterval;

}  // namespace

void InFlow::submit(Go go, const Load& load) {
  if (!pacing_) {
    if (load.due <= limits_.crowd) return go();
    pacing_ = true;
    begun_before_ = load.begun;
    begin_interval(load);
  }
  used_ = true;
  held_.push_back(std::move(go));
  release(left_);
}

void InFlow::tick(const Load& load) {
  if (load.due <= limits_.crowd || (held_.empty() && !used_)) {
    pacing_ = false;
    return release(held_.size());
  }
  begin_interval(load);
  release(left_);
}

void InFlow::begin_interval(const Load& load) {
  const std::uint64_t begun = load.begun - std::exchange(begun_before_, load.begun);
  const std::uint64_t least = std::max<std::uint64_t>(limits_.least / kTicksOfASecond, 1);
  left_ = std::max(begun / kDeliveriesForOne, least);
  used_ = !held_.empty();
}

void InFlow::release(std::uint64_t count) {
  for (count = std::min<std::uint64_t>(count, held_.size()); count > 0; --count) {
    if (left_ > 0) --left_;
    const Go go = std::move(held_.front());
    held_.pop_front();
    go();
  }
}

}  // namespace lbx::queue
