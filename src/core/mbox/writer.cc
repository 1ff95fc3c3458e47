// SPDX-License-Identifier: MIT
#include "core/mbox/writer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.h"
#include "core/mbox/from_line.h"
#include "core/mbox/quoting.h"
#include "core/message/server_ids.h"

namespace lbx {
namespace {

// What four digits of a year can say: 1900-01-01 and 9999-12-31 23:59:59.
constexpr std::int64_t kFirstDate = -2'208'988'800;
constexpr std::int64_t kLastDate = 253'402'300'799;

struct Survey {
  HeaderScan header;
  bool ends_in_newline{true};
  bool quoted_from{false};      // a line begins with ">From ", and the dialect cannot undo it
  bool nul_before_from{false};  // what a reader may take for the end of a hole in a damaged file
};

constexpr std::string_view kNulFrom{"\0From ", 6};
constexpr std::string_view kQuotedFrom{"\n>From "};

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

Result<Survey> survey(MboxDialect dialect, const MessageSource& message) {
  Survey found;
  HeaderScanner scanner;
  WordFinder nul_from{kNulFrom};
  WordFinder quoted_from{kQuotedFrom};
  const bool undoable = dialect == MboxDialect::Mboxrd;
  static_cast<void>(quoted_from.found_in("\n"));
  LBX_TRY(message([&](std::string_view chunk) -> Result<void> {
    if (chunk.empty()) return {};
    static_cast<void>(scanner.feed(chunk));
    found.ends_in_newline = chunk.back() == '\n';
    found.quoted_from = (!undoable && quoted_from.found_in(chunk)) || found.quoted_from;
    found.nul_before_from = nul_from.found_in(chunk) || found.nul_before_from;
    return {};
  }));
  scanner.finish();
  found.header = scanner.result();
  return found;
}

/// A sender that no From_ line can hold is left out: it is in the header all the same.
std::string sender_of(const HeaderScan& header) {
  const bool plain = std::ranges::none_of(
      header.return_path, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; });
  return plain && header.return_path.size() <= kMaxFromLine / 2 ? header.return_path : "";
}

/// A message on its way into an mbox.
class Entry {
 public:
  Entry(MboxDialect dialect, const MboxEntry& entry, const Survey& found)
      : dialect_{dialect}, entry_{&entry}, found_{&found} {
    seconds_ = std::clamp(entry.seconds, kFirstDate, kLastDate);
    from_line_ = format_from_line(sender_of(found.header), seconds_);
    hazards_ = find_hazards();
    noted_ = dialect != MboxDialect::Mboxo && !hazards_.empty();
    added_ = noted_ && !found.ends_in_newline ? 1 : 0;
  }

  MboxLosses losses() const {
    if (!noted_) return hazards_;
    MboxLosses lost;
    if (!keywords_suffice()) lost.push_back(MboxLoss::Keywords);
    if (entry_->seconds != seconds_) lost.push_back(MboxLoss::Time);
    return lost;
  }

  /// Where the note can say so, a line that plain quoting would lose is quoted as in mboxrd.
  FromQuoting quoting() const {
    const bool undoable = dialect_ == MboxDialect::Mboxcl && found_->quoted_from;
    return undoable ? FromQuoting::Nested : quoting_of(dialect_);
  }
  /// Newlines that the note says are not the message's.
  std::size_t added() const { return added_; }
  void set_imap_base(const std::optional<ImapNumbers>& base) { imap_base_ = base; }
  /// The message ends within its header, which a length can only follow behind an empty line.
  void end_header() {
    noted_ = true;
    ++added_;
  }
  /// All that stands before the message.
  std::string head(std::optional<std::uint64_t> length) const {
    std::string fields = status_fields(entry_->state) + mailbox_fields();
    if (length) fields += "Content-Length: " + std::to_string(*length) + '\n';
    if (!noted_) return from_line_ + fields;
    WriterNote note;
    note.fields = static_cast<std::size_t>(std::ranges::count(fields, '\n'));
    note.added = added_;
    note.quoting = quoting();
    if (!status_fields_suffice(entry_->state)) note.letters = entry_->state.letters;
    return from_line_ + note.str() + fields;
  }
  std::size_t from_line_length() const { return from_line_.size(); }

 private:
  bool keywords_suffice() const { return std::ranges::all_of(entry_->keywords, is_keyword); }

  /// Whether the header, as it is, is only what a reader takes it for.
  bool header_is_plain() const {
    const HeaderScan& header = found_->header;
    const bool own_bookkeeping = header.note || header.envelope > 0 || !header.cuts.empty() ||
                                 header.content_length_at.end > 0 || header.doubtful;
    return header.starts_with_field && !own_bookkeeping;
  }

  /// What a reader would not give back without a note.
  MboxLosses find_hazards() const {
    const auto from =
        parse_from_line(std::string_view{from_line_}.substr(0, from_line_.size() - 1));
    const bool says_time =
        from && from->form == FromLine::Form::Dated && from->date == entry_->seconds;
    MboxLosses found;
    const auto add = [&found](bool lost, MboxLoss loss) {
      if (lost) found.push_back(loss);
    };
    add(found_->quoted_from, MboxLoss::FromLine);
    add(!found_->ends_in_newline, MboxLoss::End);
    add(!header_is_plain(), MboxLoss::Header);
    add(!status_fields_suffice(entry_->state), MboxLoss::Flags);
    add(!keywords_suffice(), MboxLoss::Keywords);
    add(!says_time, MboxLoss::Time);
    add(found_->nul_before_from, MboxLoss::Nul);
    return found;
  }

  std::string mailbox_fields() const {
    std::string fields;
    for (const std::string& each : entry_->keywords) {
      if (is_keyword(each)) (fields += ' ') += each;
    }
    if (!fields.empty()) fields = "X-Keywords:" + fields + '\n';
    if (entry_->uid) fields += "X-UID: " + std::to_string(*entry_->uid) + '\n';
    if (imap_base_) {
      fields += "X-IMAPbase: " + std::to_string(imap_base_->validity) + ' ' +
                std::to_string(imap_base_->last_uid);
      for (const std::string& each : imap_base_->keywords) (fields += ' ') += each;
      fields += '\n';
    }
    return fields;
  }

  MboxDialect dialect_;
  const MboxEntry* entry_;
  const Survey* found_;
  std::int64_t seconds_{0};
  std::string from_line_;
  MboxLosses hazards_;
  bool noted_{false};
  std::size_t added_{0};
  std::optional<ImapNumbers> imap_base_;
};

/// The message, and newlines at its end.
MessageSource completed(const MessageSource& message, std::size_t newlines) {
  return [&message, newlines](const ChunkSink& sink) -> Result<void> {
    LBX_TRY(message(sink));
    return newlines == 0 ? Result<void>{} : sink(std::string(newlines, '\n'));
  };
}

/// How long the body will be, from where a reader will see the header's end.
Result<std::uint64_t> measure(Entry& entry, const MessageSource& message) {
  HeaderScanner scanner;
  std::uint64_t octets = 0;
  bool in_header = true;
  const ChunkSink count = [&](std::string_view chunk) -> Result<void> {
    in_header = scanner.feed(chunk) && in_header;
    octets += chunk.size();
    return {};
  };
  const std::string head = entry.head(0);
  LBX_TRY(count(std::string_view{head}.substr(entry.from_line_length())));
  FromTransform quoter{FromTransform::Direction::Quote, entry.quoting()};
  std::string text;
  LBX_TRY(completed(message, entry.added())([&](std::string_view chunk) {
    text.clear();
    quoter.append(chunk, text);
    return count(text);
  }));
  text.clear();
  quoter.finish(text);
  LBX_TRY(count(text));
  if (in_header) entry.end_header();
  return in_header ? 0 : octets - scanner.result().end;
}

}  // namespace

std::string_view describe(MboxLoss loss) {
  switch (loss) {
    case MboxLoss::FromLine:
      return "a line that begins with >From will be taken for a quoted one";
    case MboxLoss::End:
      return "a newline is added at its end";
    case MboxLoss::Header:
      return "readers will take part of its header for something else";
    case MboxLoss::Flags:
      return "not all of its flags have a letter in X-Status";
    case MboxLoss::Keywords:
      return "X-Keywords cannot say all of its keywords";
    case MboxLoss::Time:
      return "its From_ line cannot say its time";
    case MboxLoss::Nul:
      return "a NUL before From will be taken for a hole in the file";
  }
  return "";
}

Result<MboxLosses> losses_in(MboxDialect dialect, const MboxEntry& entry,
                             const MessageSource& message) {
  const Survey found = LBX_TRY(survey(dialect, message));
  return Entry{dialect, entry, found}.losses();
}

Result<bool> can_represent(MboxDialect dialect, const MboxEntry& entry,
                           const MessageSource& message) {
  const MboxLosses lost = LBX_TRY(losses_in(dialect, entry, message));
  return lost.empty();
}

Result<MboxLosses> MboxWriter::write(const MboxEntry& entry, const MessageSource& message) {
  const Survey found = LBX_TRY(survey(dialect_, message));
  Entry one{dialect_, entry, found};
  one.set_imap_base(std::exchange(imap_base_, std::nullopt));
  std::optional<std::uint64_t> length;
  if (has_lengths(dialect_)) length = LBX_TRY(measure(one, message));
  LBX_TRY(write_quoted(one.quoting(), one.head(length), completed(message, one.added()), out_));
  return one.losses();
}

}  // namespace lbx
