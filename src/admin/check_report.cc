// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "admin/check.h"

namespace lbx::admin {
namespace {

using Json = nlohmann::ordered_json;

std::string counted(std::size_t number, const std::string& thing) {
  return std::to_string(number) + ' ' + thing + (number == 1 ? "" : "s");
}

std::string line_of(const Finding& finding) {
  std::string text = shown(finding.place);
  if (finding.line != 0) text += ':' + std::to_string(finding.line);
  return text + ": " + problem_word(finding.problem) + ": " + shown(finding.text) + '\n';
}

}  // namespace

std::string problem_word(Problem problem) {
  switch (problem) {
    case Problem::Address:
      return "address";
    case Problem::Assignment:
      return "assignment";
    case Problem::Home:
      return "home";
    case Problem::Irregular:
      return "irregular";
    case Problem::Limit:
      return "limit";
    case Problem::Loop:
      return "loop";
    case Problem::Maildir:
      return "maildir";
    case Problem::Mbox:
      return "mbox";
    case Problem::Mistake:
      return "mistake";
    case Problem::Program:
      return "program";
    case Problem::Unreadable:
      return "unreadable";
    case Problem::Unsafe:
      return "unsafe";
  }
  return "limit";
}

std::string to_text(const CheckReport& report) {
  std::string text;
  for (const Finding& each : report.findings) text += line_of(each);
  return text + counted(report.users, "user") + ", " + counted(report.files, "file") + ", " +
         counted(report.findings.size(), "finding") + '\n';
}

std::string to_json(const CheckReport& report) {
  Json findings = Json::array();
  for (const Finding& each : report.findings) {
    Json row{{"problem", problem_word(each.problem)}, {"user", each.user}, {"place", each.place}};
    if (each.line != 0) row["line"] = each.line;
    row["text"] = each.text;
    findings.push_back(std::move(row));
  }
  const Json out{{"users", report.users}, {"files", report.files}, {"findings", findings}};
  // Octets that are no UTF-8 become U+FFFD: JSON has no other way to say them.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace lbx::admin
