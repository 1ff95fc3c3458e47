// SPDX-License-Identifier: MIT
#include "core/message/dot_stuffing.h"

namespace lbx {

void DotStuffer::append(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  if (at_line_start_ && bytes.front() == '.') out += '.';
  std::size_t copied = 0;
  for (std::size_t at = bytes.find("\n."); at != bytes.npos; at = bytes.find("\n.", at + 1)) {
    out.append(bytes, copied, at + 1 - copied);
    out += '.';
    copied = at + 1;
  }
  out.append(bytes, copied);
  at_line_start_ = bytes.back() == '\n';
}

void DotStuffer::finish(std::string& out) {
  out += ".\r\n";
  *this = {};
}

}  // namespace lbx
