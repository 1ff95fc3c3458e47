// SPDX-License-Identifier: MIT
#include "core/mbox/mmdf.h"

#include <algorithm>
#include <string_view>

#include "core/mbox/quoting.h"

namespace lbx::mmdf {
namespace {

constexpr std::string_view kMark = "\x01\x01\x01\x01";
constexpr std::size_t kMarkLine = kMark.size() + 2;  // with CR LF

/// Octets of the ^A line that `text` begins with, 0 if it does not.
std::size_t mark_line(std::string_view text) {
  if (!text.starts_with(kMark)) return 0;
  const std::string_view rest = text.substr(kMark.size());
  if (rest.starts_with("\r\n")) return kMark.size() + 2;
  if (rest.starts_with('\n')) return kMark.size() + 1;
  return rest.empty() ? kMark.size() : 0;  // the last line of the file may have no end
}

/// The next line behind `from` that begins with ^A.
Result<std::optional<std::uint64_t>> next_candidate(FileWindow& window, std::uint64_t from) {
  for (;;) {
    const std::string_view text = LBX_TRY(window.at(from, 2));
    if (text.size() < 2) return std::optional<std::uint64_t>{};
    const std::size_t found = text.find("\n\x01");
    if (found != std::string_view::npos) return std::optional{from + found + 1};
    from += text.size() - 1;
  }
}

}  // namespace

Result<bool> is_mailbox(FileWindow& window) {
  const std::string_view text = LBX_TRY(window.at(0, kMarkLine));
  return mark_line(text) > 0;
}

Result<std::optional<Border>> begin_at(FileWindow& window, std::uint64_t offset) {
  const std::string_view head = LBX_TRY(window.at(offset, kMarkLine + kMaxFromLine));
  const std::size_t mark = mark_line(head);
  if (mark == 0 || offset + mark >= window.size()) return std::optional<Border>{};
  const bool crlf = head.substr(0, mark).ends_with("\r\n");
  Border border{offset, offset + mark, {FromLine::Form::Bare, "", std::nullopt}, crlf};
  const std::string_view text = head.substr(mark);
  const std::size_t end = text.find('\n');
  if (end != std::string_view::npos && text.starts_with(kFromWord)) {
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto from = parse_from_line(line);
    if (from && from->form == FromLine::Form::Dated) {
      border.line = *from;
      border.content += end + 1;
    }
  }
  return std::optional{border};
}

Result<End> find_end(FileWindow& window, std::uint64_t content) {
  std::uint64_t line = content;
  for (;;) {
    const std::size_t mark = mark_line(LBX_TRY(window.at(line, kMarkLine)));
    if (mark > 0) {
      const std::uint64_t behind = line + mark;
      const std::string_view text = LBX_TRY(window.at(behind, kMarkLine));
      // Some write one line between two messages.
      return End{line, text.empty() || mark_line(text) > 0 ? behind : line};
    }
    const std::optional<std::uint64_t> next = LBX_TRY(next_candidate(window, line));
    if (!next) return End{window.size(), window.size()};
    line = *next;
  }
}

}  // namespace lbx::mmdf
