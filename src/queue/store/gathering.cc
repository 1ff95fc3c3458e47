// SPDX-License-Identifier: MIT
#include "queue/store/gathering.h"

#include <algorithm>

namespace lbx::queue {
namespace {

constexpr std::size_t kMaxExpected = 64;  // what one flush costs is nothing to so many
// A machine that is busy with its submitters takes about a millisecond for each.
constexpr std::chrono::microseconds kPatienceEach{1'000};
constexpr std::chrono::microseconds kMaxPatience{12'000};
constexpr unsigned kMaxProbeInterval = 256;

}  // namespace

Gathering::Wait Gathering::next() const {
  const std::size_t target =
      probing_ ? std::min(together_ + 1 + together_ / 4, kMaxExpected) : together_;
  if (together_ <= 1) return {};
  const auto patience = kPatienceEach * static_cast<std::int64_t>(target);
  return {target, std::min<std::chrono::microseconds>(patience, kMaxPatience)};
}

void Gathering::was(std::size_t operations) {
  if (operations <= 1) {  // whoever was with it is gone
    *this = Gathering{};
    return;
  }
  operations = std::min(operations, kMaxExpected);
  const bool enough = operations >= next().operations;
  if (probing_ && !enough) {
    probing_ = false;
    interval_ = std::min(interval_ * 2, kMaxProbeInterval);
    until_probe_ = interval_;
  } else if (probing_) {
    interval_ = kFirstProbe;
  } else if (--until_probe_ == 0) {
    probing_ = true;
  }
  // Down by half of the way: one that was slow once does not make the others lonely.
  together_ = std::max(operations, (operations + together_) / 2);
}

}  // namespace lbx::queue
