// SPDX-License-Identifier: MIT
#include "core/wire/netstrings.h"

#include "core/base/ascii.h"

namespace lbx::wire {

std::string join_netstrings(const std::vector<std::string>& fields) {
  std::string text;
  for (const std::string& each : fields) {
    ((text += std::to_string(each.size())) += ':') += each;
    text += ',';
  }
  return text;
}

Result<std::vector<std::string>> split_netstrings(std::string_view text, std::size_t max) {
  std::vector<std::string> fields;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const auto size = ascii::parse_number(text.substr(0, colon));
    if (colon == text.npos || !size) return Error::never("not a netstring");
    text.remove_prefix(colon + 1);
    if (*size >= text.size() || text[*size] != ',' || fields.size() == max) {
      return Error::never("not a netstring");
    }
    fields.emplace_back(text.substr(0, *size));
    text.remove_prefix(*size + 1);
  }
  return fields;
}

}  // namespace lbx::wire
