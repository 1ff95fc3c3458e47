// SPDX-License-Identifier: MIT
#include "pop3d/line_reader.h"

namespace lbx::pop3d {
namespace {

constexpr std::size_t kMaxWithCarriageReturn = kMaxLine + 1;

}  // namespace

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

bool LineReader::ready() const {
  return pending().size() > kMaxWithCarriageReturn || pending().find('\n') != std::string::npos;
}

std::optional<CommandLine> LineReader::next() {
  const std::size_t end = pending().find('\n');
  if (end == std::string_view::npos) {
    if (pending().size() <= kMaxWithCarriageReturn) return std::nullopt;
    clear();
    dropping_ = true;
    return CommandLine{"", true};
  }
  std::string_view line = pending().substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  read_ += end + 1;
  if (line.size() > kMaxLine) return CommandLine{"", true};
  return CommandLine{std::string{line}, false};
}

void LineReader::clear() {
  buffer_.clear();
  read_ = 0;
}

}  // namespace lbx::pop3d
