// SPDX-License-Identifier: MIT
#include "deliver/report.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <vector>

#include "core/base/ascii.h"

namespace lbx::deliver {
namespace {

/// RFC 3463: 4.2.2 is a full mailbox, 4.3.1 a full mail system.
std::string status_of(int os_error) {
  if (os_error == EDQUOT) return "4.2.2";
  if (os_error == ENOSPC) return "4.3.1";
  return {};
}

/// "D.S.N", D one of 2, 4 and 5 (RFC 3463 section 2).
bool is_status(std::string_view text) {
  const std::vector<std::string_view> parts = ascii::split(text, '.');
  static constexpr std::size_t kMaxDigits = 3;
  return parts.size() == 3 && (parts[0] == "2" || parts[0] == "4" || parts[0] == "5") &&
         std::ranges::all_of(parts, [](std::string_view part) {
           return !part.empty() && part.size() <= kMaxDigits &&
                  std::ranges::all_of(part, ascii::is_digit);
         });
}

/// Takes qmail's "(#D.S.N)" out of `text`, the last one.
std::string take_marked_status(std::string& text) {
  const std::size_t open = text.rfind("(#");
  if (open == std::string::npos) return {};
  const std::size_t close = text.find(')', open);
  if (close == std::string::npos) return {};
  std::string status = text.substr(open + 2, close - open - 2);
  if (!is_status(status)) return {};
  const std::size_t from = open > 0 && text[open - 1] == ' ' ? open - 1 : open;
  text.erase(from, close + 1 - from);
  return status;
}

/// Takes a "D.S.N " off the front of `text`, as other delivery agents write it.
std::string take_leading_status(std::string& text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  std::string word = text.substr(0, blank);
  if (!is_status(word)) return {};
  text.erase(0, std::min(blank + 1, text.size()));
  return word;
}

std::string printable(std::string_view text) {
  std::string out{ascii::trim(text)};
  std::ranges::replace_if(
      out, [](char c) { return c != ' ' && !ascii::is_graph(c); }, '?');
  return out.substr(0, kMaxStatusLine - std::string_view{"5.999.999 "}.size());
}

std::string without_final_dot(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string first_of(std::initializer_list<std::string> texts) {
  for (const std::string& each : texts) {
    if (!each.empty()) return each;
  }
  return {};
}

struct SysexitRow {
  std::string_view status;  // D.S.N begins with it
  int code;
};

/// Which EX_ code says "never". All of them bounce; the code only helps whoever reads a log.
constexpr std::array kNeverCodes{
    SysexitRow{"5.1.1", 67},  // EX_NOUSER: no .qmail file takes the extension
    SysexitRow{"5.1.3", 65},  // EX_DATAERR: the address cannot be
    SysexitRow{"5.4.6", 65},  // EX_DATAERR: the message has been here already
    SysexitRow{"5.7.", 77},   // EX_NOPERM: a program or the queue refuses it
};
constexpr int kUnavailable = 69;
constexpr int kTempFail = 75;

}  // namespace

Report Report::failed(std::string text, const Error& error) {
  return {Verdict::Later, std::move(text), reason(error), status_of(error.os_error)};
}

std::string reason(const Error& error) {
  if (error.os_error == 0) return error.what;
  return std::generic_category().message(error.os_error);
}

std::string status_line(const Report& report) {
  std::string text = report.text;
  std::string detail = report.detail;
  const std::string in_text = take_marked_status(text);
  const std::string in_detail = first_of({take_marked_status(detail), take_leading_status(detail)});
  std::string status = first_of({report.status, in_text, in_detail, "5.3.0"});
  status.front() = report.verdict == Verdict::Never ? '5' : '4';

  text = printable(text);
  detail = printable(detail);
  if (!text.empty() && !detail.empty()) text = without_final_dot(text) + ": ";
  const std::string line = status + ' ' + first_of({text + detail, "the delivery failed"});
  return line.substr(0, kMaxStatusLine);
}

int exit_code(const Report& report, ExitStyle style) {
  if (report.done()) return 0;
  const bool never = report.verdict == Verdict::Never;
  if (style == ExitStyle::Qmail) return never ? 100 : 111;
  if (!never) return kTempFail;
  const std::string line = status_line(report);
  const auto* const row = std::ranges::find_if(
      kNeverCodes, [&](const SysexitRow& each) { return line.starts_with(each.status); });
  return row == kNeverCodes.end() ? kUnavailable : row->code;
}

}  // namespace lbx::deliver
