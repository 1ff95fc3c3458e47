// SPDX-License-Identifier: MIT
#include "core/mbox/quoting.h"

#include <utility>

namespace lbx {

void FromTransform::append(std::string_view bytes, std::string& out) {
  if (quoting_ == FromQuoting::None) {
    out += bytes;
    return;
  }
  while (!bytes.empty()) {
    bytes.remove_prefix(in_prefix_ ? look_at_prefix(bytes, out) : copy_lines(bytes, out));
  }
}

void FromTransform::finish(std::string& out) {
  reject(out);
  in_prefix_ = true;
  marks_ = 0;
}

/// Copies up to the next line that may have to change, many lines at once.
std::size_t FromTransform::copy_lines(std::string_view bytes, std::string& out) {
  std::size_t end = 0;
  do {
    const std::size_t at = bytes.find('\n', end);
    if (at == std::string_view::npos) {
      out += bytes;
      return bytes.size();
    }
    end = at + 1;
  } while (end < bytes.size() && bytes[end] != '>' && bytes[end] != kFromWord.front());
  out += bytes.substr(0, end);
  in_prefix_ = true;
  marks_ = 0;
  return end;
}

bool FromTransform::takes_mark() const {
  if (quoting_ == FromQuoting::Nested) return true;
  return direction_ == Direction::Unquote && marks_ == 0;
}

std::size_t FromTransform::look_at_prefix(std::string_view bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (matched_ == 0 && bytes[i] == '>' && takes_mark()) {
      // All marks are alike, so it does not matter which one of them is held back.
      if (direction_ == Direction::Unquote && marks_ == 0) {
        held_mark_ = true;
      } else {
        out += '>';
      }
      ++marks_;
    } else if (bytes[i] == kFromWord[matched_]) {
      if (++matched_ == kFromWord.size()) {
        accept(out);
        return i + 1;
      }
    } else {
      reject(out);
      return i;
    }
  }
  return bytes.size();
}

void FromTransform::accept(std::string& out) {
  const bool quote = direction_ == Direction::Quote;
  if (quote) out += '>';
  if (quote || held_mark_) ++changed_;
  saw_nested_ = saw_nested_ || marks_ > 1;
  held_mark_ = false;
  reject(out);
}

void FromTransform::reject(std::string& out) {
  if (held_mark_) out += '>';
  out += kFromWord.substr(0, matched_);
  held_mark_ = false;
  matched_ = 0;
  in_prefix_ = false;
}

Result<void> write_quoted(FromQuoting quoting, std::string head, const MessageSource& message,
                          const ChunkSink& out) {
  FromTransform quoter{FromTransform::Direction::Quote, quoting};
  std::string pending = std::move(head);
  char last = '\n';
  const ChunkSink quote = [&](std::string_view chunk) -> Result<void> {
    if (chunk.empty()) return {};
    last = chunk.back();
    quoter.append(chunk, pending);
    if (pending.size() < kIoChunk) return {};
    LBX_TRY(out(pending));
    pending.clear();
    return {};
  };
  LBX_TRY(message(quote));
  quoter.finish(pending);
  pending += last == '\n' ? "\n" : "\n\n";
  return out(pending);
}

}  // namespace lbx
