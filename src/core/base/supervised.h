// SPDX-License-Identifier: MIT
// Running a program that must not be able to hold us. It gets a process group of its own, which is
// ended, by SIGTERM and a little later by SIGKILL,
//   - when its time is over;
//   - when we are gone, however that came about (a guard, a process in a session of its own, sees
//     it): whoever ends us for taking too long ends the program too.
// What the program leaves behind in its group when it ends by itself may go on until its time is
// over. A process that leaves the group, by setsid(2), is nobody's any more.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "core/base/process.h"

namespace lbx {

/// Between SIGTERM and SIGKILL.
inline constexpr std::chrono::seconds kTerminationGrace{5};

struct Supervised {
  ExitStatus status;
  bool timed_out;  // its end is ours
};

/// Starts `command` and waits for its end, `time` and kTerminationGrace at most. `take`, where
/// there is one, gets what it writes to descriptors 1 and 2; without it the program has ours.
Result<Supervised> run_supervised(FileOps& files, Command command, std::chrono::milliseconds time,
                                  const std::function<void(std::string_view)>& take = nullptr);

}  // namespace lbx
