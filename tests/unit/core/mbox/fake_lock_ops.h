// SPDX-License-Identifier: MIT
// Locks without waiting: time passes only in the sum of what was slept.
#pragma once

#include <chrono>
#include <functional>
#include <set>

#include "core/mbox/lock.h"

namespace lbx::testing_support {

class FakeLockOps final : public LockOps {
 public:
  bool free{true};  // what try_lock finds
  int lock_error{0};
  std::set<pid_t> alive;
  std::chrono::milliseconds slept{0};
  std::function<void()> on_sleep;
  std::function<void()> on_lock;  // before try_lock answers
  std::vector<KernelLock> asked;

  Result<bool> try_lock(int /*fd*/, KernelLock kind, LockMode /*mode*/) override {
    asked.push_back(kind);
    if (on_lock) on_lock();
    if (lock_error != 0) return Error::from_errno(lock_error, "lock");
    return free;
  }
  bool process_exists(pid_t pid) override { return alive.contains(pid); }
  void sleep(std::chrono::milliseconds time) override {
    slept += time;
    if (on_sleep) on_sleep();
  }
};

}  // namespace lbx::testing_support
