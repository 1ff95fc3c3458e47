// SPDX-License-Identifier: MIT
// Ending without tearing apart what is under way: after SIGTERM or SIGINT no message is begun any
// more, those that have begun are finished, and when the last one has, or kDrainTime is over, the
// server ends. Both signals must be blocked in every thread. One thread.
#pragma once

#include <chrono>
#include <utility>

#include "core/base/result.h"
#include "core/base/timer.h"
#include "core/base/unique_fd.h"

namespace lbx::deliver {

/// How long messages that have begun may take to end the server.
inline constexpr std::chrono::seconds kDrainTime{60};

/// Takes SIGTERM and SIGINT from now on by descriptors: blocks them for this process and those that
/// it forks (programs that are started get them again: process.h).
Result<UniqueFd> catch_signals();
/// The next one that has come; 0: none.
int take_signal(int signals);

class Drain {
 public:
  /// `signals` comes from catch_signals().
  static Result<Drain> open(UniqueFd signals);

  /// A message under way, for as long as it lives.
  class Turn {
   public:
    explicit Turn(Drain& drain) : drain_{&drain} { ++drain.busy_; }
    Turn(Turn&& other) noexcept : drain_{std::exchange(other.drain_, nullptr)} {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (drain_ != nullptr) drain_->leave();
    }

   private:
    Drain* drain_;
  };

  /// Nothing new may begin.
  bool draining() const { return draining_; }

  /// Readable when signalled() has something to do. That is false when nothing is under way.
  int signals() const { return signals_.get(); }
  bool signalled();
  /// Readable when the server shall end.
  int over() const { return over_.fd(); }

 private:
  Drain(UniqueFd signals, Timer over) : signals_{std::move(signals)}, over_{std::move(over)} {}
  void leave();

  UniqueFd signals_;
  Timer over_;
  std::size_t busy_{0};
  bool draining_{false};
};

}  // namespace lbx::deliver
