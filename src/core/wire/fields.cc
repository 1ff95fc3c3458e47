// SPDX-License-Identifier: MIT
#include "core/wire/fields.h"

#include "core/base/ascii.h"

namespace lbx::wire {

void add_field(std::string& to, std::string_view field) {
  to += field;
  to += '\0';
}

void add_field(std::string& to, std::uint64_t number) {
  add_field(to, std::to_string(number));
}

void add_flag(std::string& to, bool flag) {
  add_field(to, std::string_view{flag ? "1" : ""});
}

bool is_set(std::string_view field) {
  return field == "1";
}

std::optional<std::vector<std::string_view>> fields_of(std::string_view bytes, std::size_t least,
                                                       std::size_t most) {
  if (!bytes.ends_with('\0')) return std::nullopt;
  bytes.remove_suffix(1);
  std::vector<std::string_view> fields = ascii::split(bytes, '\0');
  if (fields.size() < least || fields.size() > most) return std::nullopt;
  return fields;
}

}  // namespace lbx::wire
