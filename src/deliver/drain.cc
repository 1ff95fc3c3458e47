// SPDX-License-Identifier: MIT
#include "deliver/drain.h"

#include <csignal>

#include "core/base/signals.h"

namespace lbx::deliver {
namespace {

constexpr std::chrono::milliseconds kNow{1};

}  // namespace

Result<UniqueFd> catch_signals() {
  return open_signals({SIGTERM, SIGINT});
}

int take_signal(int signals) {
  return next_signal(signals);
}

Result<Drain> Drain::open(UniqueFd signals) {
  Timer over = LBX_TRY(Timer::stopped());
  return Drain{std::move(signals), std::move(over)};
}

bool Drain::signalled() {
  if (take_signal(signals_.get()) == 0 || draining_) return true;
  draining_ = true;
  return busy_ > 0 && over_.restart(kDrainTime).has_value();
}

void Drain::leave() {
  // A moment later: what the message's end has to say goes out first.
  if (--busy_ == 0 && draining_) static_cast<void>(over_.restart(kNow));
}

}  // namespace lbx::deliver
