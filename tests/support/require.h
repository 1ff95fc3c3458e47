// SPDX-License-Identifier: MIT
// A property that must hold, for fuzz targets: abort() is what a fuzzer notices.
#pragma once

#include <cstdlib>

namespace lbx {

inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace lbx
