// SPDX-License-Identifier: MIT
#include "core/mbox/writer.h"

#include <algorithm>

#include "core/mbox/from_line.h"
#include "core/mbox/quoting.h"

namespace lbx {
namespace {

// What four digits of a year can say: 1900-01-01 and 9999-12-31 23:59:59.
constexpr std::int64_t kFirstDate = -2'208'988'800;
constexpr std::int64_t kLastDate = 253'402'300'799;

struct Survey {
  HeaderScan header;
  bool ends_in_newline{true};
  bool nul_before_from{false};  // what a reader may take for the end of a hole in a damaged file
};

constexpr std::string_view kNulFrom{"\0From ", 6};

/// Looks for a word in text that comes in chunks.
class WordFinder {
 public:
  explicit WordFinder(std::string_view word) : word_{word} {}
  bool found_in(std::string_view chunk) {
    const std::string_view head = chunk.substr(0, word_.size() - 1);
    tail_ += head;
    const bool found = tail_.find(word_) != std::string::npos || chunk.find(word_) != chunk.npos;
    if (chunk.size() >= word_.size()) tail_ = chunk.substr(chunk.size() - word_.size());
    tail_.erase(0, tail_.size() - std::min(tail_.size(), word_.size() - 1));
    return found;
  }

 private:
  std::string_view word_;
  std::string tail_;
};

Result<Survey> survey(const MessageSource& message) {
  Survey found;
  HeaderScanner scanner;
  WordFinder nul_from{kNulFrom};
  LBX_TRY(message([&](std::string_view chunk) -> Result<void> {
    if (chunk.empty()) return {};
    static_cast<void>(scanner.feed(chunk));
    found.ends_in_newline = chunk.back() == '\n';
    found.nul_before_from = nul_from.found_in(chunk) || found.nul_before_from;
    return {};
  }));
  scanner.finish();
  found.header = scanner.result();
  return found;
}

/// Whether a reader could take the message for something else without a note.
bool needs_note(const Survey& found, const MessageState& state, std::int64_t seconds,
                const FromLine& from) {
  const HeaderScan& header = found.header;
  const bool own_bookkeeping = header.note || header.envelope > 0 || !header.cuts.empty() ||
                               header.doubtful || header.content_length_at.end > 0;
  return !header.starts_with_field || own_bookkeeping || !found.ends_in_newline ||
         found.nul_before_from || !status_fields_suffice(state) ||
         from.form != FromLine::Form::Dated || from.date != seconds;
}

/// A sender that no From_ line can hold is left out: it is in the header all the same.
std::string sender_of(const HeaderScan& header) {
  const bool plain = std::ranges::none_of(
      header.return_path, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; });
  return plain && header.return_path.size() <= kMaxFromLine / 2 ? header.return_path : "";
}

std::string envelope_of(const Survey& found, const MessageState& state, std::int64_t seconds) {
  const std::string line = format_from_line(sender_of(found.header), seconds);
  const auto from = parse_from_line(std::string_view{line}.substr(0, line.size() - 1));
  const std::string fields = status_fields(state);
  if (from && !needs_note(found, state, seconds, *from)) return line + fields;
  WriterNote note;
  note.fields = static_cast<std::size_t>(std::ranges::count(fields, '\n'));
  note.bare_end = !found.ends_in_newline;
  if (!status_fields_suffice(state)) note.letters = state.letters;
  return line + note.str() + fields;
}

}  // namespace

Result<void> MboxWriter::write(std::int64_t seconds, const MessageState& state,
                               const MessageSource& message) {
  const Survey found = LBX_TRY(survey(message));
  const std::int64_t date = std::clamp(seconds, kFirstDate, kLastDate);
  const bool reversible = dialect_ == MboxWriteDialect::Mboxrd;
  std::string head = reversible
                         ? envelope_of(found, state, date)
                         : format_from_line(sender_of(found.header), date) + status_fields(state);
  return write_quoted(reversible ? FromQuoting::Nested : FromQuoting::Plain, std::move(head),
                      message, out_);
}

}  // namespace lbx
