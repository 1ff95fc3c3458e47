// SPDX-License-Identifier: MIT
#include "core/maildir/server_lines.h"

#include <algorithm>

namespace lbx {

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
