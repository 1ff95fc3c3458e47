// SPDX-License-Identifier: MIT
// Paths as text: what comes from a command line or a setting and names a directory entry.
#pragma once

#include <string>

namespace lbx {

struct SplitPath {
  std::string parent;  // "." where there is none
  std::string leaf;
};

/// Slashes at the end do not count.
SplitPath split_path(std::string path);

}  // namespace lbx
