// SPDX-License-Identifier: MIT
// Texts in a row, each ended by a NUL: what orders and answers between our processes are made of.
// None of the texts may hold a NUL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lbx::wire {

void add_field(std::string& to, std::string_view field);
void add_field(std::string& to, std::uint64_t number);
void add_flag(std::string& to, bool flag);

bool is_set(std::string_view flag);

/// Between `least` and `most` fields and nothing else, or nothing.
std::optional<std::vector<std::string_view>> fields_of(std::string_view bytes, std::size_t least,
                                                       std::size_t most);

}  // namespace lbx::wire
