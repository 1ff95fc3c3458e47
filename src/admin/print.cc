// SPDX-License-Identifier: MIT
#include <cstdio>

#include "admin/commands.h"

namespace lbx::admin {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace lbx::admin
