// SPDX-License-Identifier: MIT
#include <algorithm>

#include "admin/explain_words.h"

namespace lbx::admin {
namespace {

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

std::string domain_text(const users::Resolution& who) {
  std::string host = "  domain " + shown(who.host) + ": ";
  const std::string entry = '"' + shown(who.virtual_entry) + "\" of control/virtualdomains";
  switch (who.domain) {
    case users::Domain::Local:
      return host + "local\n";
    case users::Domain::Virtual:
      return host + "virtual, by the line " + entry + ": looked up as " + shown(who.local) + '\n';
    case users::Domain::Unconfigured:
      return host + "every domain is ours, since control/ lists none\n";
    case users::Domain::Elsewhere:
      if (who.virtual_entry.empty()) return host + "not ours\n";
      return host + "not ours, by the line " + entry + '\n';
  }
  return host;
}

std::string source_text(const users::Resolution& who) {
  switch (who.source) {
    case users::Resolution::Source::Assignment:
      return "  found in users/cdb: the line " + shown(who.assignment) + ": of users/assign\n";
    case users::Resolution::Source::Account:
      return "  found among the accounts: nothing in users/cdb fits\n";
    case users::Resolution::Source::Alias:
      return "  no line of users/assign and no account fits: it is for the alias user\n";
  }
  return "";
}

std::string way(const Explanation& explanation) {
  std::string text = shown(explanation.address) + '\n';
  if (!explanation.who) return text;
  const users::Resolution& who = *explanation.who;
  return text + domain_text(who) + (who.mine() ? source_text(who) : "");
}

std::string user(const deliver::Request& request) {
  const std::string text = "  user " + shown(request.user) + ", home " + shown(request.home);
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

std::string lines(const deliver::Forecast& forecast) {
  if (forecast.plan.source == deliver::Source::None) return "";
  std::string text = '\n' + source_of(forecast.plan) + ":\n";
  for (const deliver::ForecastStep& each : forecast.steps) text += step_text(each);
  if (forecast.plan.script.fault) {
    text += "  " + padded(std::to_string(forecast.plan.script.fault->line), 4) +
            padded("mistake", 9) + shown(forecast.plan.script.fault->text) + '\n';
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

bool has_instructions(const deliver::Forecast& forecast) {
  return std::ranges::any_of(forecast.steps, [](const deliver::ForecastStep& each) {
    return each.step.instruction.has_value();
  });
}

std::string result(const Explanation& explanation) {
  if (explanation.elsewhere()) return "\nResult: nobody here delivers for that domain\n";
  const deliver::Report& report = explanation.result;
  const std::string code = std::to_string(exit_code(report, deliver::ExitStyle::Qmail));
  if (!report.done()) {
    const bool never = report.verdict == deliver::Verdict::Never;
    return std::string{"\nResult: "} + (never ? "refused" : "waits, to be tried again") +
           " (exit " + code + "): " + shown(report.text) + '\n';
  }
  if (explanation.forecast && has_instructions(*explanation.forecast)) {
    return "\nResult: delivered (exit 0), as far as can be seen from here\n";
  }
  return "\nResult: accepted and thrown away (exit 0): there is no instruction\n";
}

}  // namespace

std::string to_text(const Explanation& explanation) {
  std::string text = way(explanation);
  if (explanation.forecast) {
    const deliver::Plan& plan = explanation.forecast->plan;
    text += user(plan.request) + files(plan) + lines(*explanation.forecast) + variables(plan);
  }
  return text + result(explanation);
}

}  // namespace lbx::admin
