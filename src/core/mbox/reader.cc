// SPDX-License-Identifier: MIT
#include "core/mbox/reader.h"

#include <algorithm>
#include <utility>

#include "core/mbox/mmdf.h"
#include "core/message/line_endings.h"
#include "core/message/line_scanner.h"

namespace lbx {
namespace {

constexpr std::string_view kPseudoSubject = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";
constexpr std::string_view kPseudoSender = "MAILER-DAEMON";

BorderRules rules_of(const MboxReadOptions& options) {
  BorderRules rules = options.borders;
  rules.strict = rules.strict || options.dialect == MboxDialect::Mboxrd;
  return rules;
}

/// The message that UW tools keep for themselves at the start of an mbox. It must look exactly like
/// one: a real mail with that subject is mail.
bool is_pseudo_message(const Border& border, const HeaderScan& header) {
  return !header.note && header.has_imap_base && header.subject == kPseudoSubject &&
         border.line.sender == kPseudoSender;
}

}  // namespace

MboxReader::MboxReader(FileOps& files, int fd, std::uint64_t size, const MboxReadOptions& options)
    : options_{options},
      window_{std::make_unique<FileWindow>(files, fd, size)},
      finder_{*window_, rules_of(options)} {}

Result<MboxReader> MboxReader::open(FileOps& files, int fd, std::uint64_t size,
                                    const MboxReadOptions& options) {
  MboxReader reader{files, fd, size, options};
  reader.next_ = LBX_TRY(reader.first_border());
  reader.begin_ = reader.position();
  if (reader.next_) {
    const HeaderScan header =
        LBX_TRY(reader.scan_header({reader.next_->content, reader.window_->size()}));
    reader.imap_numbers_ = header.imap_numbers;
  }
  if (reader.dialect_ == MboxDialect::Mmdf) {
    reader.certain_ = true;
  } else if (options.dialect) {
    reader.dialect_ = *options.dialect;
    reader.certain_ = true;
  } else if (reader.next_) {
    const std::optional<MboxDialect> found =
        LBX_TRY(reader.dialect_by_lengths(Border{*reader.next_}));
    reader.dialect_ = found.value_or(MboxDialect::Mboxrd);
    reader.certain_ = found.has_value();
  }
  return reader;
}

Result<std::optional<Border>> MboxReader::first_border() {
  if (!LBX_TRY(mmdf::is_mailbox(*window_))) return finder_.first(&warnings_);
  dialect_ = MboxDialect::Mmdf;
  return mmdf::begin_at(*window_, 0);
}

/// Follows the lengths from message to message. One that is missing, or leads elsewhere than to a
/// border, and none of them is believed: whoever sends a message can write one into it.
Result<std::optional<MboxDialect>> MboxReader::dialect_by_lengths(const Border& first) {
  Border border = first;
  bool quoted = false;
  bool unquoted = false;
  for (;;) {
    const std::optional<Region> region = LBX_TRY(find_end_by_length(border));
    if (!region) return std::optional<MboxDialect>{};
    LineScanner lines{kFromWord.size() + 1};
    LBX_TRY(pass_on(region->content, [&](std::string_view chunk) -> Result<void> {
      lines.feed(chunk, [&](const ScannedLine& line) {
        unquoted = unquoted || line.text.starts_with(kFromWord);
        quoted = quoted || (line.text.starts_with('>') && line.text.substr(1) == kFromWord);
        return true;
      });
      return {};
    }));
    if (!region->next) {
      const bool plain = quoted && !unquoted;
      return std::optional{plain ? MboxDialect::Mboxcl : MboxDialect::Mboxcl2};
    }
    border = *region->next;
  }
}

Result<std::optional<MboxReader::Region>> MboxReader::find_end_by_length(const Border& border) {
  const HeaderScan header = LBX_TRY(scan_header({border.content, window_->size()}));
  if (!header.content_length) return std::optional<Region>{};
  const std::uint64_t body = border.content + header.end;
  if (*header.content_length > window_->size() - body) return std::optional<Region>{};
  const std::uint64_t end = body + *header.content_length;
  std::optional<Border> next = LBX_TRY(finder_.at(end));
  if (!next) return std::optional<Region>{};
  if (next->content == next->offset) next.reset();  // the end of the file
  return std::optional<Region>{Region{{border.content, end}, std::move(next), true, true}};
}

Result<MboxReader::Region> MboxReader::find_end(const Border& border) {
  if (dialect_ == MboxDialect::Mmdf) {
    const mmdf::End end = LBX_TRY(mmdf::find_end(*window_, border.content));
    std::optional<Border> next = LBX_TRY(mmdf::begin_at(*window_, end.next));
    return Region{{border.content, end.content}, std::move(next), false, false, true};
  }
  if (has_lengths(dialect_)) {
    std::optional<Region> region = LBX_TRY(find_end_by_length(border));
    if (region) return std::move(*region);
  }
  // Our own writer leaves an empty line before every border.
  const std::string_view head = LBX_TRY(window_->at(border.content, WriterNote::kName.size()));
  const bool noted = head.starts_with(WriterNote::kName);
  static_cast<void>(finder_.take_passed_quoted());
  std::optional<Border> next = LBX_TRY(finder_.next(border.content, noted, &warnings_));
  const std::uint64_t end = next ? next->offset : window_->size();
  return Region{{border.content, end}, std::move(next), false, finder_.take_passed_quoted()};
}

Result<std::optional<MboxMessage>> MboxReader::next() {
  while (next_) {
    const Border border = *std::exchange(next_, std::nullopt);
    const Region region = LBX_TRY(find_end(border));
    next_ = region.next;
    if (region.content.begin == region.content.end && next_ && !region.by_length && !region.exact) {
      warnings_.add(MboxDoubt::EmptyEnvelope, border.offset);
      continue;
    }
    const HeaderScan header = LBX_TRY(scan_header(region.content));
    if (std::exchange(first_message_, false) && is_pseudo_message(border, header)) {
      ++pseudo_messages_;
      continue;
    }
    warn_of_length(border, region, header);
    return std::optional<MboxMessage>{LBX_TRY(describe_message(border, region, header))};
  }
  return std::optional<MboxMessage>{};
}

void MboxReader::warn_of_length(const Border& border, const Region& region,
                                const HeaderScan& header) {
  if (!header.content_length_at.end || region.by_length) return;
  // With or without the empty line that belongs to the format.
  const std::uint64_t octets = region.content.end - region.content.begin - header.end;
  const std::uint64_t claimed = header.content_length.value_or(octets + 1);
  if (claimed > octets || octets - claimed > 2) {
    warnings_.add(MboxDoubt::LengthIgnored, border.offset);
  }
}

Result<MboxMessage> MboxReader::describe_message(const Border& border, const Region& region,
                                                 const HeaderScan& header) {
  const bool noted = header.note.has_value();
  MboxMessage message{border.line,
                      std::nullopt,
                      header.state,
                      border.offset,
                      header.uid,
                      header.pop3_id,
                      header.keywords,
                      std::nullopt,
                      region.content,
                      {},
                      noted ? header.note->quoting : quoting_of(dialect_),
                      false};
  if (!region.quoted) message.quoting = FromQuoting::None;
  const bool dated = border.line.form == FromLine::Form::Dated ||
                     (noted && border.line.form == FromLine::Form::GitMagic);
  message.date = dated ? border.line.date : header.delivered();
  certain_ = certain_ || noted;

  OctetRange& content = message.content;
  if (!region.by_length && !region.exact)
    content = LBX_TRY(without_format_line(content, border.crlf));
  if (!region.next && LBX_TRY(ends_with(content, {"\0", 1}))) {
    warnings_.add(MboxDoubt::TrailingNuls, border.offset);
  }
  message.crlf = border.crlf && LBX_TRY(all_lines_end_in_crlf(content));
  for (std::size_t n = noted ? header.note->added : 0; n > 0 && content.begin < content.end; --n) {
    const bool two = border.crlf && LBX_TRY(ends_with(content, "\r\n"));
    content.end -= two ? 2 : 1;
  }
  if (options_.gmail_labels && !header.gmail_labels.empty()) {
    message.gmail_labels = parse_gmail_labels(header.gmail_labels);
  }
  if (!options_.keep_status) {
    message.cuts = header.cuts;
    const bool ours = noted && header.content_length;
    if (message.gmail_labels) message.cuts.push_back(header.gmail_labels_at);
    if (region.by_length || ours) message.cuts.push_back(header.content_length_at);
    std::ranges::sort(message.cuts, {}, &OctetRange::begin);
  }
  for (OctetRange& cut : message.cuts) cut = {cut.begin + content.begin, cut.end + content.begin};
  content.begin = std::min(content.begin + header.envelope, content.end);
  return message;
}

/// The last empty line before a From_ line, or at the end, belongs to the format.
Result<OctetRange> MboxReader::without_format_line(OctetRange content, bool crlf) {
  const std::uint64_t length = content.end - content.begin;
  const bool line =
      length == 1 ? LBX_TRY(ends_with(content, "\n")) : LBX_TRY(ends_with(content, "\n\n"));
  if (line) return OctetRange{content.begin, content.end - 1};
  if (!crlf) return content;
  const bool crlf_line =
      length == 2 ? LBX_TRY(ends_with(content, "\r\n")) : LBX_TRY(ends_with(content, "\n\r\n"));
  if (crlf_line) return OctetRange{content.begin, content.end - 2};
  return content;
}

Result<bool> MboxReader::ends_with(OctetRange range, std::string_view tail) {
  if (range.end - range.begin < tail.size()) return false;
  const std::string_view text = LBX_TRY(window_->at(range.end - tail.size(), tail.size()));
  return text.starts_with(tail);
}

Result<bool> MboxReader::all_lines_end_in_crlf(OctetRange range) {
  char last = '\0';
  bool all = true;
  LBX_TRY(pass_on(range, [&](std::string_view chunk) -> Result<void> {
    for (std::size_t at = chunk.find('\n'); all && at != std::string_view::npos;
         at = chunk.find('\n', at + 1)) {
      all = (at == 0 ? last : chunk[at - 1]) == '\r';
    }
    last = chunk.back();
    return {};
  }));
  return all;
}

Result<HeaderScan> MboxReader::scan_header(OctetRange range) {
  HeaderScanner scanner;
  std::uint64_t at = range.begin;
  while (at < range.end) {
    std::string_view text = LBX_TRY(window_->at(at, 1));
    text = text.substr(0, range.end - at);
    if (!scanner.feed(text)) break;
    at += text.size();
  }
  scanner.finish();
  return scanner.result();
}

Result<void> MboxReader::pass_on(OctetRange range, const ChunkSink& sink) {
  while (range.begin < range.end) {
    std::string_view text = LBX_TRY(window_->at(range.begin, 1));
    text = text.substr(0, range.end - range.begin);
    if (text.empty()) return Error::later("the file became shorter while it was read");
    range.begin += text.size();
    LBX_TRY(sink(text));
  }
  return {};
}

Result<void> MboxReader::read(const MboxMessage& message, const ChunkSink& sink) {
  FromTransform unquote{FromTransform::Direction::Unquote, message.quoting};
  CrlfDecoder decoder;
  std::string out;
  std::string decoded;
  const auto decode = [&] {
    if (!message.crlf) return;
    decoded.clear();
    decoder.append(out, decoded);
    out.swap(decoded);
  };
  const ChunkSink transform = [&](std::string_view chunk) -> Result<void> {
    out.clear();
    unquote.append(chunk, out);
    decode();
    return out.empty() ? Result<void>{} : sink(out);
  };
  std::uint64_t at = message.content.begin;
  for (const OctetRange& cut : message.cuts) {
    LBX_TRY(pass_on({at, std::min(cut.begin, message.content.end)}, transform));
    at = cut.end;
  }
  LBX_TRY(pass_on({at, message.content.end}, transform));
  out.clear();
  unquote.finish(out);
  decode();
  decoder.finish(out);
  unquoted_lines_ += unquote.changed();
  certain_ = certain_ || unquote.saw_nested();
  return out.empty() ? Result<void>{} : sink(out);
}

Result<bool> MboxReader::go_to(std::uint64_t offset, std::uint64_t size) {
  window_->resize(size);
  next_.reset();
  first_message_ = offset == begin_;
  if (offset >= size) return offset == size;
  std::optional<Border> border = LBX_TRY(
      dialect_ == MboxDialect::Mmdf ? mmdf::begin_at(*window_, offset) : finder_.at(offset));
  if (!border || border->content == border->offset) return border.has_value();
  next_ = std::move(*border);
  return true;
}

Result<std::vector<std::uint64_t>> MboxReader::line_numbers(
    FileOps& files, int fd, const std::vector<std::uint64_t>& offsets) {
  FileWindow window{files, fd, offsets.empty() ? 0 : offsets.back()};
  std::vector<std::uint64_t> numbers;
  std::uint64_t lines = 1;
  std::uint64_t at = 0;
  for (const std::uint64_t offset : offsets) {
    while (at < offset) {
      std::string_view text = LBX_TRY(window.at(at, 1));
      text = text.substr(0, offset - at);
      lines += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
      at += text.size();
    }
    numbers.push_back(lines);
  }
  return numbers;
}

}  // namespace lbx
