// SPDX-License-Identifier: MIT
#include "core/message/wire_encoder.h"

namespace lbx {

void WireEncoder::append(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  octets_ += bytes.size();
  if (last_ == '\n' && bytes.front() == '.') out += '.';
  std::size_t copied = 0;
  for (std::size_t at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1)) {
    const bool dot = at + 1 < bytes.size() && bytes[at + 1] == '.';
    const bool bare = (at == 0 ? last_ : bytes[at - 1]) != '\r';
    if (!dot && !bare) continue;
    out.append(bytes, copied, at - copied);
    if (bare) ++octets_;
    if (bare) out += '\r';
    out += dot ? "\n." : "\n";
    copied = at + 1;
  }
  out.append(bytes, copied);
  last_ = bytes.back();
}

void WireEncoder::finish(std::string& out) {
  if (last_ != '\n') {  // an empty message stays empty
    const std::string_view end = last_ == '\r' ? "\n" : "\r\n";
    out += end;
    octets_ += end.size();
  }
  out += ".\r\n";
}

}  // namespace lbx
