// SPDX-License-Identifier: MIT
// A list of strings as one: netstrings (LENGTH:OCTETS,) in a row. It is what datagrams between our
// processes hold.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace lbx::wire {

std::string join_netstrings(const std::vector<std::string>& fields);

/// An error, Retry::Never, for what is none or has more than `max` fields.
Result<std::vector<std::string>> split_netstrings(std::string_view text, std::size_t max);

}  // namespace lbx::wire
