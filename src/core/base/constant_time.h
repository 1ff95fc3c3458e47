// SPDX-License-Identifier: MIT
// Comparing secrets.
#pragma once

#include <string_view>

namespace lbx {

/// Looks at every octet, whether they are equal or not; only the length may show.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace lbx
