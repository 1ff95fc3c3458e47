// SPDX-License-Identifier: MIT
#include "admin/explain_words.h"
#include "core/base/ascii.h"

namespace lbx::admin {
namespace {

/// A text of somebody else's on a terminal: one line, no control octets.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = c == ' ' || ascii::is_graph(c) || static_cast<unsigned char>(c) >= 0x80;
    out += plain ? std::string(1, c) : "\\x" + ascii::to_hex(static_cast<unsigned char>(c), 2);
  }
  return out;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string found_text(const deliver::Tried& tried) {
  using Found = deliver::Tried::Found;
  const std::string mode = "mode " + mode_word(tried.mode) + ": ";
  switch (tried.found) {
    case Found::NotReached:
      return "not looked at: an earlier one answers";
    case Found::Missing:
      return "passed over: " + shown(tried.problem);
    case Found::NotRegular:
      return mode + "passed over: it is no regular file";
    case Found::Unreadable:
      return "cannot be read: " + shown(tried.problem) + "; the message waits";
    case Found::WorldWritable:
      return mode + "everybody may write to it; the message waits";
    case Found::Chosen:
      return mode + "this one answers";
  }
  return "";
}

std::string who(const deliver::Request& request) {
  std::string text = shown(request.local + '@' + request.host) + "\n  user " + shown(request.user) +
                     ", home " + shown(request.home);
  if (request.dash.empty() && request.ext.empty()) return text + ", no extension\n";
  return text + ", extension " + shown(request.dash + request.ext) + '\n';
}

std::string files(const deliver::Plan& plan) {
  std::string text = "\nFiles, in the order in which they are tried:\n";
  for (const deliver::Tried& each : plan.tried) {
    text += "  " + padded(shown(each.candidate.path), 24) + ' ' + found_text(each) + '\n';
  }
  return text;
}

std::string source_of(const deliver::Plan& plan) {
  if (plan.source == deliver::Source::File) {
    const bool forward_only = plan.permit == dotqmail::Permit::ForwardOnly;
    return "Lines of " + shown(plan.file) +
           (forward_only ? " (its x bit is set: it may only forward)" : "");
  }
  if (plan.source == deliver::Source::Folder) {
    return "A folder of that name is there (control/folderdelivery)";
  }
  if (plan.file.empty()) return "No file answers; lines of the default delivery";
  return shown(plan.file) + " is empty; lines of the default delivery";
}

std::string step_text(const deliver::ForecastStep& each) {
  const dotqmail::Step& step = each.step;
  std::string text = "  " + padded(std::to_string(step.line), 4);
  if (!step.instruction) return text + padded("nothing", 9) + shown(step.text) + '\n';
  text += padded(kind_word(*step.instruction), 9) + shown(target_of(*step.instruction));
  const std::string note = each.reached ? each.prospect.note : "not reached";
  if (!note.empty()) text += "\n               (" + note + ')';
  return text + '\n';
}

std::string lines(const Explanation& explanation) {
  if (explanation.plan.source == deliver::Source::None) return "";
  std::string text = '\n' + source_of(explanation.plan) + ":\n";
  for (const deliver::ForecastStep& each : explanation.steps) text += step_text(each);
  if (explanation.plan.script.fault) {
    text += "  " + padded(std::to_string(explanation.plan.script.fault->line), 4) +
            padded("mistake", 9) + shown(explanation.plan.script.fault->text) + '\n';
  }
  return text;
}

std::string variables(const deliver::Plan& plan) {
  if (plan.variables.empty()) return "";
  std::string text = "\nEnvironment of programs:\n";
  for (const auto& [name, value] : plan.variables) {
    text += "  " + name + '=' + shown(value) + '\n';
  }
  return text;
}

std::string result(const Explanation& explanation) {
  const deliver::Report& report = explanation.result;
  const std::string code = std::to_string(exit_code(report, deliver::ExitStyle::Qmail));
  if (!report.done()) {
    const bool never = report.verdict == deliver::Verdict::Never;
    return std::string{"\nResult: "} + (never ? "refused" : "waits, to be tried again") +
           " (exit " + code + "): " + shown(report.text) + '\n';
  }
  bool nothing = true;
  for (const deliver::ForecastStep& each : explanation.steps) nothing &= !each.step.instruction;
  if (nothing) return "\nResult: accepted and thrown away (exit 0): there is no instruction\n";
  return "\nResult: delivered (exit 0), as far as can be seen from here\n";
}

}  // namespace

std::string to_text(const Explanation& explanation) {
  return who(explanation.plan.request) + files(explanation.plan) + lines(explanation) +
         variables(explanation.plan) + result(explanation);
}

}  // namespace lbx::admin
