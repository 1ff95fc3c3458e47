// SPDX-License-Identifier: MIT
#include "core/maildir/server_lines.h"

#include <algorithm>
#include <limits>

#include "core/base/ascii.h"

namespace lbx {

std::optional<std::uint32_t> parse_uid(std::string_view text) {
  const auto number = ascii::parse_number(text);
  if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*number);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view base_of(std::string_view file_name) {
  return file_name.substr(0, file_name.find(':'));
}

}  // namespace lbx
