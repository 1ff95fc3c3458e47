// SPDX-License-Identifier: MIT
// How a delivery ended, and how its caller is told: by qmail's texts and codes, or by one line
// "D.S.N reason" and the codes of sysexits.h (spec/exit-codes.md).
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/wire/order.h"

namespace lbx::deliver {

using wire::Verdict;

/// The exit status of a program that is done and ends the instructions (qmail-command(8)).
inline constexpr int kDoneStop = 99;

struct Report {
  Verdict verdict{Verdict::Done};
  std::string text;    // qmail's sentence, with its "(#D.S.N)"; empty where a program has spoken
  std::string detail;  // what went wrong in particular, or what a program said; may be empty
  std::string status;  // a better enhanced status code than that of the text, or empty
  bool stop{false};    // a program said kDoneStop: no line after it

  bool done() const { return verdict == Verdict::Done; }

  static Report later(std::string text) { return {Verdict::Later, std::move(text), "", ""}; }
  static Report never(std::string text) { return {Verdict::Never, std::move(text), "", ""}; }
  /// `text` for qmail's callers, the error for those who can hear more. Later: it comes from below.
  static Report failed(std::string text, const Error& error);
};

/// What the kernel said, without the call and the path; else the error's text.
std::string reason(const Error& error);

/// Octets of a line of status_line() at most.
inline constexpr std::size_t kMaxStatusLine = 500;

/// "D.S.N reason" without a newline, whatever octets the report holds: printable, of bounded
/// length, its class 4 for Later and 5 for Never.
std::string status_line(const Report& report);

/// Exit statuses: of qmail-command(8), or of sysexits.h.
enum class ExitStyle { Qmail, Sysexits };
int exit_code(const Report& report, ExitStyle style);

}  // namespace lbx::deliver
