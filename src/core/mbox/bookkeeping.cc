// SPDX-License-Identifier: MIT
#include "core/mbox/bookkeeping.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.h"
#include "core/mbox/from_line.h"
#include "core/message/date.h"
#include "core/message/server_ids.h"

namespace lbx {
namespace {

struct LetterPair {
  char status;  // of X-Status
  char maildir;
};
// The order in which the letters are written.
constexpr std::array kXStatus{LetterPair{'A', 'R'}, LetterPair{'F', 'F'}, LetterPair{'D', 'T'},
                              LetterPair{'T', 'D'}};

struct MozillaBit {
  std::uint64_t bit;
  char maildir;
};
constexpr std::array kMozillaBits{MozillaBit{0x0001, 'S'}, MozillaBit{0x0002, 'R'},
                                  MozillaBit{0x0004, 'F'}, MozillaBit{0x0008, 'T'},
                                  MozillaBit{0x1000, 'P'}};
// X-Mozilla-Status2
constexpr std::uint64_t kMozillaNew = 0x10000;
constexpr std::uint64_t kMozillaImapDeleted = 0x200000;
constexpr std::uint64_t kMozillaReceiptSent = 0x800000;
constexpr unsigned kMozillaLabelShift = 25;  // the label's number, 1..5
constexpr std::uint64_t kMozillaLabelMask = 7;
constexpr std::uint64_t kMozillaLabels = 5;

bool consists_of(std::string_view text, std::string_view letters) {
  return std::ranges::all_of(
      text, [letters](char c) { return letters.find(ascii::lower(c)) != std::string_view::npos; });
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The length of the field name at the start of `line`, or 0.
std::size_t name_length(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && ascii::is_graph(line[length]) && line[length] != ':') ++length;
  std::size_t colon = length;
  while (colon < line.size() && ascii::is_blank(line[colon])) ++colon;
  return colon < line.size() && line[colon] == ':' ? length : 0;
}

bool is_uucp_envelope(std::string_view line) {
  if (!line.starts_with('>')) return false;
  const auto from = parse_from_line(line.substr(1));
  return from && from->form == FromLine::Form::Dated;
}

}  // namespace

enum class HeaderScanner::Kind {
  Status,
  XStatus,
  MozillaStatus,
  MozillaStatus2,
  ContentLength,
  ImapBase,  // numbers and names of a whole mailbox
  Uid,
  Keywords,
  MozillaKeys,
  Pop3Id,
  GmailLabels,
  // From here on no bookkeeping.
  Date,
  Received,
  ReturnPath,
  Subject,
};

struct HeaderScanner::Field {
  std::string_view name;
  Kind kind;
};

const HeaderScanner::Field* HeaderScanner::find_field(std::string_view name) {
  static constexpr std::array kFields{
      Field{"Status", Kind::Status},
      Field{"X-Status", Kind::XStatus},
      Field{"X-Mozilla-Status", Kind::MozillaStatus},
      Field{"X-Mozilla-Status2", Kind::MozillaStatus2},
      Field{"X-Mozilla-Keys", Kind::MozillaKeys},
      Field{"X-Keywords", Kind::Keywords},
      Field{"X-UID", Kind::Uid},
      Field{"X-UIDL", Kind::Pop3Id},
      Field{"X-Gmail-Labels", Kind::GmailLabels},
      Field{"X-IMAP", Kind::ImapBase},
      Field{"X-IMAPbase", Kind::ImapBase},
      Field{"Content-Length", Kind::ContentLength},
      Field{"Date", Kind::Date},
      Field{"Received", Kind::Received},
      Field{"Return-Path", Kind::ReturnPath},
      Field{"Subject", Kind::Subject},
  };
  const auto* found = std::ranges::find_if(
      kFields, [name](const Field& field) { return ascii::equal_fold(field.name, name); });
  return found == kFields.end() ? nullptr : found;
}

void MessageState::add(char letter) {
  fresh = false;
  const auto place = std::ranges::lower_bound(letters, letter);
  if (place == letters.end() || *place != letter) letters.insert(place, letter);
}

namespace {

struct AddedWord {
  std::string_view word;
  std::size_t added;
};
constexpr std::array kAddedWords{AddedWord{"end=bare", 1},
                                 AddedWord{"end=bare2", WriterNote::kMaxAdded}};

struct QuotingWord {
  std::string_view word;
  FromQuoting quoting;
};
constexpr std::array kQuotingWords{QuotingWord{"quoting=plain", FromQuoting::Plain},
                                   QuotingWord{"quoting=none", FromQuoting::None}};

/// Takes one part of a note but the flags; false where it is none.
bool take_note_part(std::string_view part, WriterNote& note) {
  const auto* const added = std::ranges::find(kAddedWords, part, &AddedWord::word);
  if (added != kAddedWords.end()) {
    note.added = added->added;
    return true;
  }
  const auto* const quoting = std::ranges::find(kQuotingWords, part, &QuotingWord::word);
  if (quoting == kQuotingWords.end()) return false;
  note.quoting = quoting->quoting;
  return true;
}

}  // namespace
std::optional<std::int64_t> HeaderScan::delivered() const {
  const auto newest = parse_rfc5322_date(received);
  return newest ? newest : date;
}

std::optional<ImapNumbers> ImapNumbers::parse(std::string_view value) {
  std::vector<std::string_view> words = ascii::split(value, ' ');
  std::erase_if(words, [](std::string_view word) { return word.empty(); });
  if (words.size() < 2) return std::nullopt;
  const auto validity = parse_uid(words[0]);
  const auto last = ascii::parse_number(words[1]);
  if (!validity || !last || (*last != 0 && !parse_uid(words[1]))) return std::nullopt;
  ImapNumbers numbers{*validity, static_cast<std::uint32_t>(*last), {}};
  words.erase(words.begin(), words.begin() + 2);
  for (const std::string_view word : words) {
    if (numbers.keywords.size() == kMaxMessageKeywords) break;
    if (is_keyword(word)) numbers.keywords.emplace_back(word);
  }
  return numbers;
}

std::optional<WriterNote> WriterNote::parse(std::string_view value) {
  WriterNote note;
  bool has_fields = false;
  for (std::string_view part : ascii::split(value, ';')) {
    part = ascii::trim(part);
    if (part.starts_with("fields=")) {
      const auto count = ascii::parse_number(part.substr(7));
      if (!count || *count > kMaxFields) return std::nullopt;
      note.fields = static_cast<std::size_t>(*count);
      has_fields = true;
    } else if (part.starts_with("flags=")) {
      note.letters = part.substr(6);
      if (!std::ranges::all_of(note.letters, ascii::is_alpha)) return std::nullopt;
    } else if (!take_note_part(part, note)) {
      return std::nullopt;
    }
  }
  if (!has_fields) return std::nullopt;
  return note;
}

std::string WriterNote::str() const {
  std::string text{kName};
  text += ": fields=" + std::to_string(fields);
  for (const AddedWord& each : kAddedWords) {
    if (each.added == added) (text += "; ") += each.word;
  }
  if (!letters.empty()) text += "; flags=" + letters;
  for (const QuotingWord& each : kQuotingWords) {
    if (each.quoting == quoting) (text += "; ") += each.word;
  }
  return text + '\n';
}

std::string status_fields(const MessageState& state) {
  if (state.fresh) return "";
  const auto has = [&state](char letter) {
    return state.letters.find(letter) != std::string::npos;
  };
  std::string text = has('S') ? "Status: RO\n" : "Status: O\n";
  std::string letters;
  for (const LetterPair& pair : kXStatus) {
    if (has(pair.maildir)) letters += pair.status;
  }
  if (!letters.empty()) text += "X-Status: " + letters + '\n';
  return text;
}

bool status_fields_suffice(const MessageState& state) {
  return state.letters.find_first_not_of("DFRST") == std::string::npos;
}

bool is_field_start(std::string_view line) {
  return name_length(line) > 0;
}

bool HeaderScanner::feed(std::string_view bytes) {
  if (ended_) return false;
  return lines_.feed(bytes, [this](const ScannedLine& line) { return take_line(line); });
}

void HeaderScanner::finish() {
  if (!ended_) lines_.finish([this](const ScannedLine& line) { return take_line(line); });
  end_field();
  use_uncertain();
  ended_ = true;
}

bool HeaderScanner::take_line(const ScannedLine& line) {
  const std::string_view text = without_line_end(line.text);
  const std::uint64_t begin = at_;
  const bool first = std::exchange(first_, false);
  if (first) scan_.starts_with_field = is_field_start(text);
  if (!text.empty() && ascii::is_blank(text.front()) && !first) {
    at_ += line.length;
    if (field_ == nullptr) return true;
    too_long_ = too_long_ || line.text.size() < line.length || value_.size() > kMaxBookkeepingField;
    if (!too_long_) value_ += text;
    return true;
  }
  end_field();
  if (begin == scan_.envelope && take_envelope(text, begin)) {
    at_ += line.length;
    scan_.envelope = at_;
    return true;
  }
  if (text.empty() || !is_field_start(text)) {
    if (text.empty()) at_ += line.length;
    scan_.end = at_;
    ended_ = true;
    return false;
  }
  at_ += line.length;
  scan_.end = at_;
  field_begin_ = begin;
  start_field(text);
  too_long_ = line.text.size() < line.length;
  if (noted_) end_field();  // our writer folds nothing: what follows is the message
  return true;
}

/// The writer's note, which only counts as the very first line, or the way that a message came by
/// UUCP (RFC 976), which is written before its header.
bool HeaderScanner::take_envelope(std::string_view text, std::uint64_t begin) {
  if (scan_.note) return false;
  if (is_uucp_envelope(text)) return true;
  if (begin != 0 || text.substr(0, name_length(text)) != WriterNote::kName) return false;
  scan_.note = WriterNote::parse(text.substr(text.find(':') + 1));
  if (!scan_.note) return false;
  noted_fields_ = scan_.note->fields;
  for (const char letter : scan_.note->letters) scan_.state.add(letter);
  return true;
}

void HeaderScanner::start_field(std::string_view text) {
  field_ = find_field(text.substr(0, name_length(text)));
  const bool counted = field_ != nullptr && field_->kind < Kind::Date;
  // Whoever changed the header after our writer may have moved what the note counts.
  noted_ = counted && noted_fields_ > 0;
  noted_fields_ = noted_ ? noted_fields_ - 1 : 0;
  if (field_ != nullptr) value_ = text.substr(text.find(':') + 1);
}

void HeaderScanner::end_field() {
  if (field_ != nullptr) use_field(ascii::trim(value_));
  field_ = nullptr;
}

void HeaderScanner::use_field(std::string_view value) {
  switch (field_->kind) {
    case Kind::Date:
      if (!scan_.date) scan_.date = parse_rfc5322_date(value);
      return;
    case Kind::Received:  // each server puts its own in front, RFC 5321 section 4.4
      if (scan_.received.empty()) scan_.received = value.substr(value.rfind(';') + 1);
      return;
    case Kind::Subject:
      if (scan_.subject.empty()) scan_.subject = value;
      return;
    case Kind::ReturnPath:
      if (scan_.return_path.empty() && value.starts_with('<') && value.ends_with('>')) {
        scan_.return_path = value.substr(1, value.size() - 2);
      }
      return;
    default:
      // Behind the writer's note, what it does not count is the message's own; and so is what is
      // longer than a program writes it.
      if (too_long_ || (scan_.note && !noted_)) return;
      if (use_bookkeeping(value)) cut(field_begin_, at_);
  }
}

/// True where the field is what it looks like, and is to go.
bool HeaderScanner::use_bookkeeping(std::string_view value) {
  switch (field_->kind) {
    case Kind::Status:
      return use_status(value);
    case Kind::XStatus:
      return use_x_status(value);
    case Kind::MozillaStatus:
      return use_mozilla_status(value);
    case Kind::MozillaStatus2:
      return use_mozilla_status2(value);
    case Kind::ContentLength:
      if (!scan_.content_length) {
        scan_.content_length = ascii::parse_number(value);
        scan_.content_length_at = {field_begin_, at_};
      }
      return false;  // that it is true shows only at the message's end
    case Kind::ImapBase:
      scan_.has_imap_base = true;
      if (!scan_.imap_numbers) scan_.imap_numbers = ImapNumbers::parse(value);
      certain_ = true;
      return true;
    case Kind::Uid:
      if (!scan_.uid) scan_.uid = parse_uid(value);
      certain_ = certain_ || scan_.uid;
      return ascii::parse_number(value).has_value();
    case Kind::MozillaKeys:
      return use_keywords(value);
    case Kind::Keywords:
    case Kind::Pop3Id:
      if (value.empty()) return field_->kind == Kind::Keywords;
      certain_ = certain_ || noted_;
      scan_.doubtful = true;
      uncertain_.push_back({field_, std::string{value}, {field_begin_, at_}});
      return false;
    case Kind::GmailLabels:
      scan_.doubtful = true;
      if (scan_.gmail_labels.empty()) {
        scan_.gmail_labels = value;
        scan_.gmail_labels_at = {field_begin_, at_};
      }
      return false;  // whoever reads the message decides
    default:
      return false;
  }
}

/// Beside what a mail program has noted, or not at all.
void HeaderScanner::use_uncertain() {
  for (const Uncertain& each : std::exchange(uncertain_, {})) {
    if (!certain_) continue;
    const bool is_id = each.field->kind == Kind::Pop3Id;
    const bool used =
        is_id ? scan_.pop3_id.empty() && is_pop3_id(each.value) : use_keywords(each.value);
    if (used && is_id) scan_.pop3_id = each.value;
    if (used) cut(each.range.begin, each.range.end);
  }
  std::ranges::sort(scan_.cuts, {}, &OctetRange::begin);
}

/// Between blanks or commas; all of them, or the field is something else.
bool HeaderScanner::use_keywords(std::string_view value) {
  const std::string words = ascii::replace(ascii::replace(value, ',', ' '), '\t', ' ');
  const std::vector<std::string_view> split = ascii::split(words, ' ');
  const auto is_one = [](std::string_view word) { return word.empty() || is_keyword(word); };
  if (!std::ranges::all_of(split, is_one)) return false;
  for (const std::string_view word : split) {
    if (!word.empty()) add_keyword(word);
  }
  return true;
}

void HeaderScanner::add_keyword(std::string_view keyword) {
  std::vector<std::string>& all = scan_.keywords;
  const auto same = [keyword](const std::string& each) { return ascii::equal_fold(each, keyword); };
  if (all.size() < kMaxMessageKeywords && std::ranges::none_of(all, same)) {
    all.emplace_back(keyword);
  }
}

bool HeaderScanner::use_status(std::string_view letters) {
  if (!consists_of(letters, "ronu")) return false;
  certain_ = true;
  if (!consists_of(letters, "nu")) scan_.state.fresh = false;
  if (letters.find_first_of("Rr") != std::string_view::npos) scan_.state.add('S');
  return true;
}

bool HeaderScanner::use_x_status(std::string_view letters) {
  if (!consists_of(letters, "afdtn")) return false;
  certain_ = true;
  for (const char letter : letters) {
    for (const LetterPair& pair : kXStatus) {
      if (ascii::lower(letter) == ascii::lower(pair.status)) scan_.state.add(pair.maildir);
    }
  }
  return true;
}

bool HeaderScanner::use_mozilla_status(std::string_view value) {
  const auto bits = ascii::parse_hex(value, 4);
  if (!bits) return false;
  certain_ = true;
  scan_.state.fresh = false;
  for (const MozillaBit& each : kMozillaBits) {
    if ((*bits & each.bit) != 0) scan_.state.add(each.maildir);
  }
  return true;
}

bool HeaderScanner::use_mozilla_status2(std::string_view value) {
  const auto bits = ascii::parse_hex(value, 8);
  if (!bits) return false;
  if ((*bits & kMozillaImapDeleted) != 0) scan_.state.add('T');
  if ((*bits & kMozillaNew) != 0 && scan_.state.letters.empty()) scan_.state.fresh = true;
  if ((*bits & kMozillaReceiptSent) != 0) add_keyword("$MDNSent");  // RFC 3503
  const std::uint64_t label = (*bits >> kMozillaLabelShift) & kMozillaLabelMask;
  if (label >= 1 && label <= kMozillaLabels) add_keyword("$label" + std::to_string(label));
  return true;
}

void HeaderScanner::cut(std::uint64_t begin, std::uint64_t end) {
  if (scan_.cuts.size() < kMaxCuts) scan_.cuts.push_back({begin, end});
}

}  // namespace lbx
