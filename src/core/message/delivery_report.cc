// SPDX-License-Identifier: MIT
#include "core/message/delivery_report.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/ascii.h"
#include "core/base/utf8.h"
#include "core/message/address.h"
#include "core/message/delivery_status.h"
#include "core/message/header.h"
#include "core/message/line_scanner.h"
#include "core/message/report_text.h"

namespace lbx {
namespace {

constexpr std::size_t kMaxLine = 998;   // RFC 5322 section 2.1.1, the line end not counted
constexpr std::size_t kTextLine = 900;  // of a report; longer ones are broken
constexpr int kBoundaryTries = 20;

struct KindWords {
  ReportKind kind;
  std::string_view subject;
  std::string_view first;  // the first paragraph, behind "Hi. This is the ... at HOST." or the like
  bool old_greeting;       // of qmail's bounces
};

constexpr std::array kKinds{
    KindWords{ReportKind::Failure, "failure notice",
              "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
              "This is a permanent error; I've given up. Sorry it didn't work out.\n",
              true},
    KindWords{ReportKind::DoubleBounce, "failure notice",
              "I tried to deliver a bounce message to this address, but the bounce bounced!\n",
              true},
    KindWords{ReportKind::Looping, "failure notice",
              "This message came round again on its way to the following addresses.\n"
              "I've given up, and have not told its sender, who may know nothing of it.\n",
              true},
    KindWords{ReportKind::Copy, "failure notice",
              "This message could not be delivered to the following addresses.\n"
              "I've given up, and have told its sender.\n",
              true},
    KindWords{ReportKind::Delay, "delay notice",
              "Your message has not reached the following addresses yet.\n"
              "There is nothing that you have to do: I keep trying.\n",
              false},
    KindWords{ReportKind::Success, "success notice",
              "As you asked to be told: your message has reached the following addresses.\n",
              false},
};

const KindWords& words_for(ReportKind kind) {
  return *std::ranges::find(kKinds, kind, &KindWords::kind);
}

std::string_view success_words(ReportAction action) {
  switch (action) {
    case ReportAction::Relayed:
      return "Handed on to a host that does not send such notices.\n";
    case ReportAction::Expanded:
      return "Sent on to several addresses.\n";
    default:
      return "Delivered.\n";
  }
}

// The text for people.

/// Lines of at most kTextLine octets.
std::string with_short_lines(std::string_view text) {
  std::string out;
  for (std::string_view line : ascii::split(text, '\n')) {
    while (line.size() > kTextLine) {
      const std::string_view piece = cut(line, kTextLine);
      (out += piece) += '\n';
      line.remove_prefix(piece.size());
    }
    (out += line) += '\n';
  }
  out.pop_back();
  return out;
}

/// What a stranger wrote. The old form is handed on in whatever character set it came.
std::string shown(ReportForm form, std::string_view text) {
  return form == ReportForm::Qsbmf ? without_controls(text) : with_short_lines(harmless_text(text));
}

/// The same where it has to be one line.
std::string shown_in_line(ReportForm form, std::string_view text) {
  if (form == ReportForm::Multipart) text = cut(text, kMaxFieldValue / 2);  // UTF-8 may double it
  return ascii::replace(shown(form, text), '\n', '_');
}

std::string greeting(const DeliveryReport& report) {
  const KindWords& words = words_for(report.kind);
  std::string out =
      words.old_greeting ? "Hi. This is the qmail-send program at " : "This is the mail system at ";
  out += shown_in_line(report.form, report.host) + ".\n";
  return (out += words.first) + '\n';
}

/// CONTRACT 1.8: the second of two line ends becomes '/', so that an empty line always separates
/// paragraphs; the one at the end stays.
std::string as_paragraph(std::string text) {
  for (std::size_t at = text.size() < 2 ? 0 : text.size() - 2; at > 0; --at) {
    if (text[at] == '\n' && text[at - 1] == '\n') text[at] = '/';
  }
  return text + '\n';
}

std::string paragraph(const DeliveryReport& report, const ReportedRecipient& recipient) {
  std::string out = '<' + shown_in_line(report.form, recipient.address) + ">:\n";
  if (report.kind == ReportKind::Success) return (out += success_words(recipient.action)) + '\n';
  out += shown(report.form, cut(recipient.report, kMaxShownReport));
  if (!out.ends_with('\n')) out += '\n';
  if (recipient.action == ReportAction::Delayed && recipient.retry_until > 0) {
    out += "I keep trying until " + format_rfc822(recipient.retry_until, report.zone) + ".\n";
  }
  return as_paragraph(std::move(out));
}

std::string last_line(const DeliveryReport& report, bool whole) {
  const std::string what = report.sender.empty() && words_for(report.kind).old_greeting
                               ? "the original bounce"
                               : "a copy of the message";
  return std::string{whole ? "" : "Of the message, only the header is returned.\n\n"} +
         "--- Below this line is " + what + ".\n\n";
}

Result<void> write_text(const DeliveryReport& report, bool whole, const ChunkSink& sink) {
  LBX_TRY(sink(greeting(report)));
  for (const ReportedRecipient& each : report.recipients) {
    LBX_TRY(sink(paragraph(report, each)));
  }
  return sink(last_line(report, whole));
}

Result<void> write_status(const DeliveryReport& report, const ChunkSink& sink) {
  LBX_TRY(sink(message_status(report)));
  for (const ReportedRecipient& each : report.recipients) {
    LBX_TRY(sink('\n' + recipient_status(report, each)));
  }
  return {};
}

// The original.

/// The lines of its header, each cut to what a line may have, kMaxReturnedHeader octets at most.
Result<void> for_each_header_line(FileOps& files, int original, const ChunkSink& sink) {
  LineScanner lines{kMaxLine};
  HeaderReader header;
  IoBuffer chunk;
  std::size_t given = 0;
  Result<void> outcome;
  const auto take = [&](const ScannedLine& line) {
    std::string text{line.text};
    if (!text.ends_with('\n')) text += '\n';
    given += text.size();
    if (given > kMaxReturnedHeader || !header.feed(text)) return false;
    std::ranges::replace(text, '\0', '?');
    outcome = sink(text);
    return outcome.has_value();
  };
  for (std::uint64_t offset = 0;;) {
    const std::size_t got = LBX_TRY(files.read_at(original, chunk.data(), chunk.size(), offset));
    if (got == 0) break;
    if (!lines.feed(chunk.first(got), take)) return outcome;
    offset += got;
  }
  lines.finish(take);
  return outcome;
}

Result<void> write_original(FileOps& files, bool whole, int original, const ChunkSink& sink) {
  return whole ? for_each_chunk(files, original, sink)
               : for_each_header_line(files, original, sink);
}

// The old form.

/// An address in a field of the old form: octets beyond ASCII stay (CONTRACT 2.5).
std::string old_address(const std::string& address) {
  return quote_sender(ascii::replace(without_controls(address), '\n', '_'));
}

Result<void> write_old_form(FileOps& files, const DeliveryReport& report, int original,
                            const ChunkSink& sink) {
  LBX_TRY(sink("Date: " + format_rfc822(report.date) + "\nFrom: " + old_address(report.from) +
               "\nTo: " + old_address(report.to) +
               "\nSubject: " + std::string{words_for(report.kind).subject} + "\n\n"));
  LBX_TRY(write_text(report, report.return_original, sink));
  LBX_TRY(sink("Return-Path: <" + old_address(report.sender) + ">\n"));
  return write_original(files, report.return_original, original, sink);
}

// The multipart form.

/// Looks at what a part will hold.
class PartScan {
 public:
  explicit PartScan(const std::string& boundary)
      : delimiter_{"--" + boundary}, lines_{kMaxLine + 1} {}

  Result<void> feed(std::string_view bytes) {
    beyond_ascii |=
        std::ranges::any_of(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    nul |= bytes.find('\0') != std::string_view::npos;
    lines_.feed(bytes, [this](const ScannedLine& line) { return look_at(line); });
    return {};
  }
  void finish() {
    lines_.finish([this](const ScannedLine& line) { return look_at(line); });
  }

  bool beyond_ascii{false};
  bool nul{false};
  bool long_line{false};
  bool has_boundary{false};
  bool utf8{true};  // as far as its lines are not too long

 private:
  bool look_at(const ScannedLine& line) {
    long_line |= line.length > kMaxLine + (line.ended ? 1 : 0);
    has_boundary |= line.text.starts_with(delimiter_);
    if (beyond_ascii) utf8 = utf8 && utf8::is_valid(line.text);
    return true;
  }

  std::string delimiter_;
  LineScanner lines_;
};

/// How the parts are labelled and parted.
struct Layout {
  std::string boundary;
  bool text_beyond_ascii{false};
  bool status_beyond_ascii{false};
  bool original_beyond_ascii{false};
  bool global_original{false};  // message/global: RFC 6533 section 4
  bool whole{true};
};

/// Nothing: the boundary stands in one of the parts already.
Result<std::optional<Layout>> lay_out(FileOps& files, const DeliveryReport& report, int original,
                                      std::string boundary) {
  const bool international =
      report.original_utf8 || has_global_status(report) || is_international(report.sender);
  const auto scanned = [&boundary](const auto& write) -> Result<PartScan> {
    PartScan scan{boundary};
    LBX_TRY(write([&scan](std::string_view bytes) { return scan.feed(bytes); }));
    scan.finish();
    return scan;
  };
  const PartScan header = LBX_TRY(
      scanned([&](const ChunkSink& sink) { return for_each_header_line(files, original, sink); }));
  PartScan returned = header;
  Layout out;
  out.whole = report.return_original;
  if (out.whole) {
    returned = LBX_TRY(
        scanned([&](const ChunkSink& sink) { return for_each_chunk(files, original, sink); }));
    if (returned.nul || returned.long_line) {
      out.whole = false;  // would need the encoding "binary", which few hosts take
      returned = header;
    }
  }
  const PartScan text =
      LBX_TRY(scanned([&](const ChunkSink& sink) { return write_text(report, out.whole, sink); }));
  const PartScan status =
      LBX_TRY(scanned([&](const ChunkSink& sink) { return write_status(report, sink); }));
  if (returned.has_boundary || text.has_boundary || status.has_boundary) {
    return std::optional<Layout>{};
  }
  out.boundary = std::move(boundary);
  out.text_beyond_ascii = text.beyond_ascii;
  out.status_beyond_ascii = status.beyond_ascii;
  const bool sender_beyond_ascii = is_international(report.sender);
  out.global_original =
      international && header.utf8 && (header.beyond_ascii || sender_beyond_ascii);
  out.original_beyond_ascii = returned.beyond_ascii || out.global_original;
  return std::optional<Layout>{std::move(out)};
}

/// RFC 2046 section 5.1.1: at most 70 characters, and no line of a part begins with it.
Result<Layout> lay_out(FileOps& files, Randomness& randomness, const DeliveryReport& report,
                       int original) {
  for (int i = 0; i < kBoundaryTries; ++i) {
    const std::string high = ascii::to_hex(randomness.bits64(), 16);
    const std::string boundary = high + ascii::to_hex(randomness.bits64(), 16) + "=_report";
    std::optional<Layout> layout = LBX_TRY(lay_out(files, report, original, boundary));
    if (layout) return *std::move(layout);
  }
  return Error::later("the message holds every boundary that was tried");
}

/// RFC 5321 has no word for an address of that length, and so a header has none.
std::string mailbox_field(std::string_view name, const std::string& address) {
  const std::string text = address_text(address);
  const bool fits = !text.empty() && text.size() <= kMaxFieldValue;
  return header_field(name, fits ? text : "undisclosed-recipients:;", FieldText::Utf8);
}

std::string header_of(const DeliveryReport& report, const Layout& layout) {
  // RFC 3834 section 5; RFC 3464 section 2 for the rest.
  std::string out = "Date: " + format_rfc822(report.date, report.zone) + '\n';
  out += mailbox_field("From", report.from) + mailbox_field("To", report.to);
  out += header_field("Subject", words_for(report.kind).subject, FieldText::Ascii);
  out += header_field("Message-ID",
                      '<' + format_compact(report.date) + '.' + layout.boundary.substr(0, 32) +
                          '@' + ascii::replace(report.host, ' ', '_') + '>',
                      FieldText::Ascii);
  out +=
      "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"" +
      layout.boundary + "\"\n";
  const bool beyond_ascii =
      layout.text_beyond_ascii || layout.status_beyond_ascii || layout.original_beyond_ascii;
  return out + (beyond_ascii ? "Content-Transfer-Encoding: 8bit\n" : "");
}

std::string part_head(const Layout& layout, std::string_view type, bool beyond_ascii) {
  return "\n--" + layout.boundary + "\nContent-Type: " + std::string{type} + '\n' +
         (beyond_ascii ? "Content-Transfer-Encoding: 8bit\n\n" : "\n");
}

std::string_view type_of_original(const Layout& layout) {
  if (layout.global_original) return layout.whole ? "message/global" : "message/global-headers";
  return layout.whole ? "message/rfc822" : "text/rfc822-headers";
}

Result<void> write_multipart(FileOps& files, const DeliveryReport& report, const Layout& layout,
                             int original, const ChunkSink& sink) {
  LBX_TRY(sink(header_of(report, layout)));
  LBX_TRY(sink(part_head(
      layout,
      layout.text_beyond_ascii ? "text/plain; charset=utf-8" : "text/plain; charset=us-ascii",
      layout.text_beyond_ascii)));
  LBX_TRY(write_text(report, layout.whole, sink));
  LBX_TRY(sink(part_head(
      layout,
      has_global_status(report) ? "message/global-delivery-status" : "message/delivery-status",
      layout.status_beyond_ascii)));
  LBX_TRY(write_status(report, sink));
  LBX_TRY(sink(part_head(layout, type_of_original(layout), layout.original_beyond_ascii)));
  LBX_TRY(sink(header_field("Return-Path", '<' + address_text(report.sender) + '>',
                            layout.global_original ? FieldText::Utf8 : FieldText::Ascii)));
  LBX_TRY(write_original(files, layout.whole, original, sink));
  return sink("\n--" + layout.boundary + "--\n");
}

}  // namespace

bool needs_utf8(const DeliveryReport& report) {
  return is_international(report.from) || is_international(report.to);
}

Result<void> write_report(FileOps& files, Randomness& randomness, const DeliveryReport& report,
                          int original, const ChunkSink& sink) {
  if (report.form == ReportForm::Qsbmf) return write_old_form(files, report, original, sink);
  const Layout layout = LBX_TRY(lay_out(files, randomness, report, original));
  return write_multipart(files, report, layout, original, sink);
}

}  // namespace lbx
