// SPDX-License-Identifier: MIT
#include "pop3d/line_reader.h"

#include "core/base/ascii.h"

namespace lbx::pop3d {

void LineReader::feed(std::string_view bytes) {
  if (dropping_) {
    const std::size_t end = bytes.find('\n');
    if (end == bytes.npos) return;
    bytes.remove_prefix(end + 1);
    dropping_ = false;
  }
  buffer_.erase(0, read_);
  read_ = 0;
  buffer_ += bytes;
}

std::size_t LineReader::limit(Expect expect) const {
  const bool sasl = expect == Expect::SaslResponse || ascii::starts_with_fold(unread(), "AUTH ");
  return sasl ? kMaxSaslLine : kMaxLine;
}

bool LineReader::ready(Expect expect) const {
  return unread().find('\n') != std::string::npos || unread().size() > limit(expect) + 1;
}

std::optional<CommandLine> LineReader::next(Expect expect) {
  const std::size_t most = limit(expect);
  const std::size_t end = unread().find('\n');
  if (end == std::string_view::npos) {
    if (unread().size() <= most + 1) return std::nullopt;  // the last one may be the CR
    clear();
    dropping_ = true;
    return CommandLine{"", true};
  }
  std::string_view line = unread().substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  read_ += end + 1;
  if (line.size() > most) return CommandLine{"", true};
  return CommandLine{std::string{line}, false};
}

void LineReader::clear() {
  buffer_.clear();
  read_ = 0;
  dropping_ = false;
}

}  // namespace lbx::pop3d
