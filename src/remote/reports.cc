// SPDX-License-Identifier: MIT
#include "remote/reports.h"

#include <algorithm>
#include <optional>

namespace lbx::remote {
namespace {

using wire::Answer;
using wire::Verdict;

constexpr int kLater = 111;
constexpr std::string_view kNoEnd = "qmail-remote has not said how it ended. (#4.3.0)\n";
constexpr std::string_view kNotNamed =
    "qmail-remote has not said what became of this recipient. (#4.3.0)\n";

/// Those that have their NUL: one that was cut off says nothing.
std::vector<std::string_view> reports_of(std::string_view output) {
  std::vector<std::string_view> reports;
  for (std::size_t end = output.find('\0'); end != output.npos; end = output.find('\0')) {
    reports.push_back(output.substr(0, end));
    output.remove_prefix(end + 1);
  }
  return reports;
}

/// Of the message; nothing: it has none.
std::optional<Answer> message_answer(const std::vector<std::string_view>& reports) {
  for (const std::string_view each : reports) {
    const auto verdict = wire::verdict_of(each.substr(0, 1));
    if (verdict) return Answer{*verdict, std::string{each.substr(1)}};
  }
  return std::nullopt;
}

bool is_of_recipient(std::string_view report) {
  return !report.empty() && std::string_view{"rhs"}.find(report[0]) != std::string_view::npos;
}

int rank(Verdict verdict) {
  if (verdict == Verdict::Done) return 0;
  return verdict == Verdict::Later ? 1 : 2;
}

/// The recipient's report first, then that of the message, unless that is better news.
Answer answer_of(std::string_view report, const Answer& message) {
  Answer answer{message.verdict, std::string{report.substr(1)}};
  if (report[0] == 'h') answer.verdict = Verdict::Never;
  if (report[0] == 's') answer.verdict = Verdict::Later;
  if (rank(message.verdict) >= rank(answer.verdict)) answer.text += message.text;
  return answer;
}

std::vector<Answer> all(std::size_t recipients, Verdict verdict, std::string_view text) {
  return std::vector<Answer>(recipients, Answer{verdict, std::string{text}});
}

}  // namespace

std::vector<Answer> remote_answers(const ExitStatus& status, std::string_view output,
                                   std::size_t recipients) {
  if (status.crashed) return all(recipients, Verdict::Later, "qmail-remote crashed.\n");
  if (status.code != 0) {
    const Verdict verdict = status.code == kLater ? Verdict::Later : Verdict::Never;
    return all(recipients, verdict, "Unable to run qmail-remote.\n");
  }
  if (output.empty()) {
    return all(recipients, Verdict::Later, "qmail-remote produced no output.\n");
  }
  const std::vector<std::string_view> reports = reports_of(output);
  const Answer message =
      message_answer(reports).value_or(Answer{Verdict::Later, std::string{kNoEnd}});
  std::vector<Answer> answers;
  for (const std::string_view each : reports) {
    if (answers.size() == recipients || !is_of_recipient(each)) break;
    answers.push_back(answer_of(each, message));
  }
  // Who is alone needs no report: whoever knows of one recipient only leaves it out.
  const bool taken = message.verdict == Verdict::Done && recipients > 1;
  answers.resize(recipients, taken ? Answer{Verdict::Later, std::string{kNotNamed}} : message);
  return answers;
}

}  // namespace lbx::remote
