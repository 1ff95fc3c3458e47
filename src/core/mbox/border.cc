// SPDX-License-Identifier: MIT
#include "core/mbox/border.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/base/ascii.h"
#include "core/mbox/bookkeeping.h"
#include "core/mbox/quoting.h"

namespace lbx {
namespace {

using Before = BorderClues::Before;
using After = BorderClues::After;
using Form = FromLine::Form;

/// Octets behind a From_ line that are looked at for what follows and for a Message-ID.
constexpr std::size_t kLookAhead = 8192;
/// Octets before it, for the header of a part.
constexpr std::size_t kLookBack = 1024;
/// Octets before the first From_ line that may be passed over, with a warning.
constexpr std::size_t kMaxLeadingText = std::size_t{64} * 1024;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view line_of(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_dated(Form form) {
  return form == Form::Dated || form == Form::GitMagic;
}

/// A field name that the end of the file cuts off.
bool is_cut_field(std::string_view text) {
  return text.find('\n') == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return ascii::is_graph(c); });
}

After what_follows(std::string_view text) {
  if (text.empty()) return After::End;
  const std::string_view line = line_of(text);
  if (line.empty()) return After::Empty;
  if (line.starts_with(WriterNote::kName)) return After::Note;
  if (is_field_start(line) || line.starts_with(">From ")) return After::Field;
  const auto from = parse_from_line(line);
  if (from && is_dated(from->form)) return After::From;
  return is_cut_field(text) ? After::Field : After::Other;
}

bool header_has(std::string_view text, std::string_view name) {
  while (!text.empty() && !line_of(text).empty()) {
    if (ascii::starts_with_fold(text, name)) return true;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return false;
}

/// The last lines of `text` up to an empty one.
std::string_view last_block(std::string_view text) {
  const std::size_t start = text.rfind("\n\n");
  if (start != std::string_view::npos) return text.substr(start + 2);
  const std::size_t crlf = text.rfind("\n\r\n");
  return crlf == std::string_view::npos ? text : text.substr(crlf + 3);
}

bool contains_fold(std::string_view text, std::string_view part) {
  return ascii::to_lower(text).find(part) != std::string::npos;
}

/// Text before the first From_ line is believed to be none of another format.
bool may_be_leading_text(std::string_view head) {
  return !head.starts_with('\x01') && !head.starts_with("*mbx*") &&
         !head.starts_with("BABYL OPTIONS") && !is_field_start(line_of(head));
}

/// Why a file that does not begin with a From_ line is no mbox.
Error refusal(std::string_view head) {
  if (head.starts_with("*mbx*")) return Error::never("this is a UW mbx mailbox, not an mbox");
  if (head.starts_with("BABYL OPTIONS")) {
    return Error::never("this is a Babyl mailbox (Emacs Rmail), not an mbox");
  }
  if (is_field_start(line_of(head))) {
    return Error::never("this is no mbox but perhaps a single message: it has no From_ line");
  }
  return Error::never("this is not an mbox: it does not begin with a From_ line");
}

}  // namespace

std::string_view describe(MboxDoubt doubt) {
  switch (doubt) {
    case MboxDoubt::NoEmptyLine:
      return "a message begins without an empty line before it";
    case MboxDoubt::AfterNul:
      return "a message begins behind NUL octets: the file is damaged";
    case MboxDoubt::InsidePart:
      return "a message begins where an attached one may be meant (see --mime)";
    case MboxDoubt::PartNotBorder:
      return "a From_ line begins an attached message: taken as text";
    case MboxDoubt::PatchNotBorder:
      return "a From_ line with git's date begins a patch: taken as text";
    case MboxDoubt::ProseNotBorder:
      return "a From_ line is followed by no header: taken as text";
    case MboxDoubt::EmptyEnvelope:
      return "a From_ line has no message of its own";
    case MboxDoubt::LeadingText:
      return "text before the first From_ line was passed over";
    case MboxDoubt::LengthIgnored:
      return "Content-Length does not lead to the end of the message: ignored";
    case MboxDoubt::TrailingNuls:
      return "the file ends in NUL octets: it is damaged";
  }
  return "";
}

void MboxWarnings::add(MboxDoubt doubt, std::uint64_t offset) {
  ++counts_.at(static_cast<std::size_t>(doubt));
  if (kept_.size() < kMaxKeptWarnings) kept_.push_back({doubt, offset});
}

std::uint64_t MboxWarnings::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

BorderVerdict judge_border(const BorderClues& clues, const BorderRules& rules) {
  const bool apart = clues.before == Before::EmptyLine || clues.before == Before::Start;
  if (rules.apart && !apart) return {false, {}};
  if (!is_dated(clues.form)) {
    // Only a file that begins with such a line may go on with more of its kind.
    if (clues.form == Form::Prose || clues.form != clues.first_form) return {false, {}};
    if (clues.after != After::Field && clues.after != After::Note) return {false, {}};
    if (apart) return {true, {}};
    if (clues.form == Form::SenderOnly || clues.before == Before::Nul) return {false, {}};
    return {true, MboxDoubt::NoEmptyLine};
  }
  if (clues.after == After::Note && apart) return {true, {}};
  if (clues.form == Form::GitMagic && clues.first_form != Form::GitMagic && !clues.has_message_id) {
    return {false, MboxDoubt::PatchNotBorder};
  }
  if (!apart) {
    if (clues.after != After::Field) return {false, {}};
    return {true, clues.before == Before::Nul ? MboxDoubt::AfterNul : MboxDoubt::NoEmptyLine};
  }
  if (clues.begins_part) {
    return rules.mime ? BorderVerdict{false, MboxDoubt::PartNotBorder}
                      : BorderVerdict{true, MboxDoubt::InsidePart};
  }
  if (clues.after == After::Other && !rules.strict) return {false, MboxDoubt::ProseNotBorder};
  return {true, {}};
}

Result<std::optional<Border>> BorderFinder::first(MboxWarnings* warnings) {
  const std::string_view mark = LBX_TRY(window_->at(0, kByteOrderMark.size()));
  std::uint64_t start = mark.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  for (;;) {
    const std::string_view text = LBX_TRY(window_->at(start, 1));
    if (text.empty()) return std::optional<Border>{};
    const std::size_t blank = text.find_first_not_of("\r\n");
    start += std::min(blank, text.size());
    if (blank != std::string_view::npos) break;
  }
  const std::string_view head = LBX_TRY(window_->at(start, kLookAhead));
  if (head.starts_with(kFromWord)) return accept_first(start);
  const Error why_not = refusal(head);
  if (!may_be_leading_text(head)) return why_not;
  std::optional<Border> border = LBX_TRY(behind_leading_text(start));
  if (!border) return why_not;
  if (warnings != nullptr) warnings->add(MboxDoubt::LeadingText, start);
  return border;
}

Result<std::optional<Border>> BorderFinder::accept_first(std::uint64_t offset) {
  const std::optional<Candidate> found = LBX_TRY(look_at(offset, Before::Start));
  if (!found) return Error::never("this is not an mbox: its first line has no end");
  if (found->bare_cr) {
    return Error::never("this file has the line ends of old Macs (CR), which are not supported");
  }
  const After after = found->clues.after;
  const bool header = after == After::Field || after == After::Note;
  if (!is_dated(found->clues.form) && (found->clues.form == Form::Prose || !header)) {
    return Error::never("this is not an mbox: its first line is no From_ line");
  }
  first_form_ = found->clues.form;
  return std::optional<Border>{found->border};
}

/// Before that, only what a header is clearly behind is believed.
Result<std::optional<Border>> BorderFinder::behind_leading_text(std::uint64_t offset) {
  const std::uint64_t limit = offset + kMaxLeadingText;
  std::uint64_t from = offset;
  for (;;) {
    const std::optional<std::uint64_t> word = LBX_TRY(find_word(from));
    if (!word || *word > limit) return std::optional<Border>{};
    const std::optional<Candidate> found = LBX_TRY(look_at(*word, std::nullopt));
    if (found && is_dated(found->clues.form) && found->clues.before == Before::EmptyLine &&
        (found->clues.after == After::Field || found->clues.after == After::Note)) {
      first_form_ = found->clues.form;
      return std::optional<Border>{found->border};
    }
    from = *word + 1;
  }
}

Result<std::optional<Border>> BorderFinder::next(std::uint64_t from, bool apart,
                                                 MboxWarnings* warnings) {
  BorderRules rules = rules_;
  rules.apart = apart;
  for (;;) {
    const std::optional<std::uint64_t> word = LBX_TRY(find_word(from));
    if (!word) return std::optional<Border>{};
    const std::optional<Candidate> found = LBX_TRY(look_at(*word, std::nullopt));
    if (found) {
      const BorderVerdict verdict = judge_border(found->clues, rules);
      if (verdict.doubt && warnings != nullptr) warnings->add(*verdict.doubt, *word);
      if (verdict.border) return std::optional<Border>{found->border};
    }
    from = *word + 1;
  }
}

Result<std::optional<Border>> BorderFinder::at(std::uint64_t offset) {
  if (offset > window_->size()) return std::optional<Border>{};
  const std::string_view text = LBX_TRY(window_->at(offset, 2));
  if (text.starts_with("\r\n")) {
    offset += 2;
  } else if (text.starts_with('\n')) {
    offset += 1;
  }
  if (offset == window_->size()) return std::optional<Border>{Border{offset, offset, {}, false}};
  const std::optional<Candidate> found = LBX_TRY(look_at(offset, Before::EmptyLine));
  if (!found || !judge_border(found->clues, rules_).border) return std::optional<Border>{};
  return std::optional<Border>{found->border};
}

/// The next "From " at the start of a line, or behind a NUL.
Result<std::optional<std::uint64_t>> BorderFinder::find_word(std::uint64_t from) {
  std::uint64_t at = from > 0 ? from - 1 : 0;  // the octet before it is looked at too
  for (;;) {
    const std::string_view text = LBX_TRY(window_->at(at, kFromWord.size() + 1));
    if (text.size() <= kFromWord.size()) return std::optional<std::uint64_t>{};
    const void* hit =
        ::memmem(text.data() + 1, text.size() - 1, kFromWord.data(), kFromWord.size());
    if (hit == nullptr) {
      at += text.size() - kFromWord.size();
      continue;
    }
    const auto pos = static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
    passed_quoted_ = passed_quoted_ || text[pos - 1] == '>';
    if (text[pos - 1] == '\n' || text[pos - 1] == '\0') return std::optional{at + pos};
    at += pos;
  }
}

/// What is known of a line "From " at `offset`; nothing where it is too long for one.
Result<std::optional<BorderFinder::Candidate>> BorderFinder::look_at(std::uint64_t offset,
                                                                     std::optional<Before> before) {
  BorderClues clues;
  if (!before) before = LBX_TRY(look_before(offset));
  clues.before = *before;
  clues.begins_part = clues.before == Before::EmptyLine && LBX_TRY(begins_part(offset));

  const std::string_view text = LBX_TRY(window_->at(offset, kMaxFromLine + kLookAhead));
  const std::string_view line = line_of(text);
  std::optional<FromLine> parsed = parse_from_line(line);
  if (!parsed) return std::optional<Candidate>{};
  const bool crlf = text.substr(line.size()).starts_with("\r\n");
  const std::size_t length = std::min(line.size() + (crlf ? 2 : 1), text.size());
  const std::string_view rest = text.substr(length).substr(0, kLookAhead);
  clues.form = parsed->form;
  clues.first_form = first_form_;
  clues.after = what_follows(rest);
  clues.has_message_id = clues.form == Form::GitMagic && header_has(rest, "Message-ID:");
  return std::optional<Candidate>{
      Candidate{Border{offset, offset + length, std::move(*parsed), crlf}, clues,
                line.find('\r') != std::string_view::npos}};
}

Result<Before> BorderFinder::look_before(std::uint64_t offset) {
  const std::uint64_t back = std::min<std::uint64_t>(offset, 3);
  if (back == 0) return Before::Start;
  std::string_view text = LBX_TRY(window_->at(offset - back, back));
  text = text.substr(0, back);
  if (text.back() == '\0') return Before::Nul;
  if (text == "\n" || text == "\r\n" || text.ends_with("\n\n") || text == "\n\r\n") {
    return Before::EmptyLine;
  }
  return Before::Text;
}

/// Whether the lines before the empty line before `offset` are the header of an attached message.
Result<bool> BorderFinder::begins_part(std::uint64_t offset) {
  const std::uint64_t back = std::min<std::uint64_t>(offset, kLookBack);
  std::string_view text = LBX_TRY(window_->at(offset - back, back));
  text = text.substr(0, back);
  // Nearly no message has such a part: the quick look first.
  if (text.find("822") == std::string_view::npos) return false;
  text = last_block(text.substr(0, text.find_last_not_of("\r\n") + 1));
  if (!text.starts_with("--") && !is_field_start(line_of(text))) return false;
  return contains_fold(text, "content-type:") && contains_fold(text, "message/rfc822");
}

}  // namespace lbx
