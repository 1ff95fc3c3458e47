// SPDX-License-Identifier: MIT
#include "deliver/drain.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace lbx::deliver {
namespace {

constexpr std::chrono::hours kNever{24 * 365 * 100};
constexpr std::chrono::milliseconds kNow{1};

}  // namespace

Result<UniqueFd> catch_signals() {
  sigset_t both;
  ::sigemptyset(&both);
  ::sigaddset(&both, SIGTERM);
  ::sigaddset(&both, SIGINT);
  if (::sigprocmask(SIG_BLOCK, &both, nullptr) != 0) return Error::from_errno(errno, "sigprocmask");
  UniqueFd signals{::signalfd(-1, &both, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!signals) return Error::from_errno(errno, "signalfd");
  return signals;
}

int take_signal(int signals) {
  signalfd_siginfo info{};
  return ::read(signals, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

Result<Drain> Drain::open(UniqueFd signals) {
  Timer over = LBX_TRY(Timer::after(kNever));
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
