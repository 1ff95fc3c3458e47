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
  if (held_.empty() && load.due <= limits_.crowd) return go();
  if (held_.empty()) begun_before_ = load.begun;
  held_.push_back(std::move(go));
}

void InFlow::tick(const Load& load) {
  const std::uint64_t begun = load.begun - std::exchange(begun_before_, load.begun);
  if (load.due <= limits_.crowd) return release(held_.size());
  const std::uint64_t least = std::max<std::uint64_t>(limits_.least / kTicksOfASecond, 1);
  release(std::max(begun / kDeliveriesForOne, least));
}

void InFlow::release(std::size_t count) {
  for (count = std::min(count, held_.size()); count > 0; --count) {
    const Go go = std::move(held_.front());
    held_.pop_front();
    go();
  }
}

}  // namespace lbx::queue
