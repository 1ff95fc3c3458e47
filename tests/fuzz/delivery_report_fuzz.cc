// SPDX-License-Identifier: MIT
// Any addresses, reports and originals whatever in a report: the multipart form is well-formed MIME
// in which only our own fields stand, its text is readable, its status has one group for each
// recipient; and in both forms the paragraphs are those of qmail, one for each recipient.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ascii.h"
#include "core/base/utf8.h"
#include "core/message/delivery_report.h"
#include "support/require.h"
#include "support/test_system.h"

using namespace lbx;

namespace {

constexpr char kSeparator = '\x1e';
constexpr std::size_t kLine = 998;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The lines of a text that ends with one.
std::vector<std::string_view> lines_of(std::string_view text) {
  if (text.empty()) return {};
  require(text.ends_with('\n'));
  text.remove_suffix(1);
  return ascii::split(text, '\n');
}

/// Takes what stands before `end` from the front of `text`, with it.
std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  require(at != std::string_view::npos);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return taken;
}

void require_fields(const std::vector<std::string_view>& lines,
                    const std::vector<std::string_view>& known) {
  std::string_view field;
  for (const std::string_view line : lines) {
    if (line.starts_with(' ')) {
      require(field == "Content-Type" || field == "Diagnostic-Code");
      continue;
    }
    field = line.substr(0, line.find(": "));
    require(std::ranges::find(known, field) != known.end());
  }
}

/// QSBMF: paragraphs between empty lines, up to the one that begins with "--- ".
void require_paragraphs(std::string_view text, const DeliveryReport& report) {
  const bool failure = report.kind != ReportKind::Delay && report.kind != ReportKind::Success;
  require(text.starts_with(failure ? "Hi. This is the " : "This is the mail system "));
  std::size_t recipients = 0;
  bool before_is_empty = false;
  for (const std::string_view line : ascii::split(text, '\n')) {
    if (before_is_empty && line.starts_with("--- Below this line is ")) {
      require(recipients == report.recipients.size());
      return;
    }
    if (before_is_empty && line.starts_with('<')) {
      require(line.ends_with(">:"));
      ++recipients;
    }
    before_is_empty = line.empty();
  }
  require(false);
}

void require_status(std::string_view body, const DeliveryReport& report) {
  std::size_t groups = 1;
  std::vector<std::string_view> lines = lines_of(body);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    require(!lines[i].empty() || (i > 0 && i + 1 < lines.size() && !lines[i + 1].empty()));
    groups += lines[i].empty() ? 1 : 0;
  }
  require(groups == report.recipients.size() + 1);
  std::erase(lines, "");
  require_fields(lines, {"Original-Envelope-Id", "Reporting-MTA", "Arrival-Date",
                         "Original-Recipient", "Final-Recipient", "Action", "Status", "Remote-MTA",
                         "Diagnostic-Code", "Last-Attempt-Date", "Will-Retry-Until"});
}

struct Part {
  std::string_view type;
  std::string_view body;
};

Part part_of(std::string_view text) {
  std::string_view rest = text;
  const std::string_view head = take_until(rest, "\n\n");
  const std::vector<std::string_view> lines = ascii::split(head, '\n');
  require(lines.front().starts_with("Content-Type: "));
  const bool eight_bit = lines.size() > 1;
  require(!eight_bit || (lines.size() == 2 && lines[1] == "Content-Transfer-Encoding: 8bit"));
  require(eight_bit || is_ascii(rest));
  return {lines.front().substr(14), rest};
}

void require_multipart(std::string_view text, const DeliveryReport& report,
                       std::string_view original) {
  require(text.find('\0') == std::string_view::npos);
  for (const std::string_view line : lines_of(text)) require(line.size() <= kLine);

  std::string_view rest = text;
  const std::string_view header = take_until(rest, "\n\n");
  require_fields(ascii::split(header, '\n'),
                 {"Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version",
                  "Content-Type", "Content-Transfer-Encoding"});
  require(is_ascii(header) || needs_utf8(report));
  require(is_ascii(rest) || header.ends_with("\nContent-Transfer-Encoding: 8bit"));

  std::string_view after = header;
  take_until(after, "\n boundary=\"");
  const std::string boundary{take_until(after, "\"")};
  const std::string delimiter = "--" + boundary + '\n';
  const std::string end = "\n--" + boundary + "--\n";
  require(rest.starts_with(delimiter));
  rest.remove_prefix(delimiter.size());
  const Part words = part_of(take_until(rest, '\n' + delimiter));
  const Part status = part_of(take_until(rest, '\n' + delimiter));
  require(rest.ends_with(end));
  rest.remove_suffix(end.size());
  require(('\n' + std::string{rest}).find("\n--" + boundary) == std::string::npos);
  const Part returned = part_of(rest);

  require(utf8::is_valid(words.body));
  require(words.type ==
          (is_ascii(words.body) ? "text/plain; charset=us-ascii" : "text/plain; charset=utf-8"));
  for (const char c : words.body)
    require(c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= ' ');
  require_paragraphs(words.body, report);
  require(status.type == "message/global-delivery-status" ||
          (status.type == "message/delivery-status" && is_ascii(status.body)));
  require_status(status.body, report);
  const bool whole = returned.type == "message/rfc822" || returned.type == "message/global";
  require(whole || returned.type == "text/rfc822-headers" ||
          returned.type == "message/global-headers");
  require(!whole || report.return_original);
  require(!whole || returned.body.ends_with(original));
  require(returned.body.starts_with("Return-Path: <"));
}

void require_old_form(std::string_view text, const DeliveryReport& report) {
  std::string_view rest = text;
  const std::vector<std::string_view> header = ascii::split(take_until(rest, "\n\n"), '\n');
  require(header.size() == 4);
  require_fields(header, {"Date", "From", "To", "Subject"});
  require_paragraphs(rest, report);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data) + 2, size - 2};
  std::vector<std::string_view> words = ascii::split(input, kSeparator);
  words.resize(std::max<std::size_t>(words.size(), 6));

  DeliveryReport report;
  report.form = (data[0] & 1U) != 0 ? ReportForm::Qsbmf : ReportForm::Multipart;
  report.return_original = (data[0] & 2U) != 0;
  report.original_utf8 = (data[0] & 4U) != 0;
  report.kind = static_cast<ReportKind>(data[1] % 6);
  report.from = "MAILER-DAEMON@mail.example.org";
  report.to = report.sender = words[0];
  report.host = report.reporting_mta = words[1];
  report.envelope_id = words[2];
  report.arrival = report.date = 1'700'000'000;
  for (std::size_t i = 4; i < words.size(); i += 2) {
    report.recipients.push_back({.address = std::string{words[i]},
                                 .original_recipient = std::string{words[2]},
                                 .action = static_cast<ReportAction>(data[1] % 5),
                                 .report = std::string{i + 1 < words.size() ? words[i + 1] : ""},
                                 .last_attempt = 1'700'000'000,
                                 .retry_until = 1'700'000'000});
  }

  testing_support::TestSystem outside;
  const UniqueFd original{::memfd_create("original", MFD_CLOEXEC)};
  require(write_all(outside.files, original.get(), words[3]).has_value());
  std::string text;
  const Result<void> outcome = write_report(outside.files, outside.randomness, report,
                                            original.get(), [&text](std::string_view bytes) {
                                              text += bytes;
                                              return Result<void>{};
                                            });
  require(outcome.has_value());
  if (report.form == ReportForm::Qsbmf) {
    require_old_form(text, report);
  } else {
    require_multipart(text, report, words[3]);
  }
  return 0;
}
