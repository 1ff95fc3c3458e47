// SPDX-License-Identifier: MIT
#include "core/message/line_endings.h"

#include <cstring>
#include <utility>

namespace lbx {
namespace {

/// Calls `visit(offset)` for every LF of `bytes` that no CR precedes; `before` is the octet in
/// front of the chunk.
template <typename Visit>
void for_each_bare_line_feed(std::string_view bytes, char before, Visit visit) {
  std::size_t from = 0;
  for (;;) {
    const void* found = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
    if (found == nullptr) return;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if ((at == 0 ? before : bytes[at - 1]) != '\r') visit(at);
    from = at + 1;
    if (from == bytes.size()) return;
  }
}

}  // namespace

void OctetCounter::add(std::string_view bytes) {
  if (bytes.empty()) return;
  // In front of the first octet stands nothing: like a line end, which is no CR.
  for_each_bare_line_feed(bytes, last_, [this](std::size_t) { ++bare_line_feeds_; });
  stored_ += bytes.size();
  last_ = bytes.back();
}

std::uint64_t OctetCounter::on_wire() const {
  const std::uint64_t octets = stored_ + bare_line_feeds_;
  if (stored_ == 0 || last_ == '\n') return octets;
  return octets + (last_ == '\r' ? 1 : 2);
}

void CrlfEncoder::append(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  std::size_t copied = 0;
  for_each_bare_line_feed(bytes, last_, [&](std::size_t at) {
    out.append(bytes, copied, at - copied);
    out += '\r';
    copied = at;
  });
  out.append(bytes, copied);
  last_ = bytes.back();
  empty_ = false;
}

void CrlfEncoder::finish(std::string& out) {
  if (!empty_ && last_ != '\n') out += last_ == '\r' ? "\n" : "\r\n";
  *this = {};
}

void CrlfDecoder::append(std::string_view bytes, std::string& out) {
  out.reserve(out.size() + bytes.size() + 1);
  for (const char c : bytes) {
    if (held_ && c != '\n') out += '\r';
    held_ = c == '\r';
    if (!held_) out += c;
  }
}

void CrlfDecoder::finish(std::string& out) {
  if (held_) out += '\r';
  held_ = false;
}

}  // namespace lbx
