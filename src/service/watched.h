// SPDX-License-Identifier: MIT
// A descriptor that a driver watches beside its conversations.
#pragma once

#include <functional>

namespace lbx {

struct Watched {
  int fd;
  /// Called whenever the descriptor is readable, in the driver's thread. False: the driver ends.
  std::function<bool()> readable;
};

}  // namespace lbx
