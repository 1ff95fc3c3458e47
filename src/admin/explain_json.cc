// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "admin/explain_words.h"

namespace lbx::admin {
namespace {

using Json = nlohmann::ordered_json;

Json candidates(const deliver::Plan& plan) {
  Json out = Json::array();
  for (const deliver::Tried& each : plan.tried) {
    Json row{{"path", each.candidate.path}, {"found", found_word(each.found)}};
    if (each.mode != 0) row["mode"] = mode_word(each.mode);
    if (!each.problem.empty()) row["problem"] = each.problem;
    out.push_back(std::move(row));
  }
  return out;
}

Json steps(const Explanation& explanation) {
  Json out = Json::array();
  for (const deliver::ForecastStep& each : explanation.steps) {
    Json row{{"line", each.step.line}, {"text", each.step.text}};
    row["kind"] = each.step.instruction ? kind_word(*each.step.instruction) : "nothing";
    if (each.step.instruction) row["target"] = target_of(*each.step.instruction);
    row["reached"] = each.reached;
    if (!each.prospect.note.empty()) row["note"] = each.prospect.note;
    out.push_back(std::move(row));
  }
  if (explanation.plan.script.fault) {
    out.push_back(Json{{"line", explanation.plan.script.fault->line},
                       {"text", explanation.plan.script.fault->text},
                       {"kind", "mistake"}});
  }
  return out;
}

std::string source_word(deliver::Source source) {
  switch (source) {
    case deliver::Source::None:
      return "none";
    case deliver::Source::File:
      return "file";
    case deliver::Source::Folder:
      return "folder";
    case deliver::Source::DefaultDelivery:
      return "default";
  }
  return "none";
}

}  // namespace

std::string to_json(const Explanation& explanation) {
  const deliver::Plan& plan = explanation.plan;
  const deliver::Request& request = plan.request;
  const deliver::Report& report = explanation.result;
  Json out{{"address", request.local + '@' + request.host},
           {"user", request.user},
           {"home", request.home},
           {"dash", request.dash},
           {"ext", request.ext},
           {"sender", request.sender},
           {"candidates", candidates(plan)},
           {"source", source_word(plan.source)},
           {"file", plan.file},
           {"forward_only", plan.permit == dotqmail::Permit::ForwardOnly},
           {"lines", steps(explanation)},
           {"environment", plan.variables}};
  out["result"] = Json{{"verdict", verdict_word(report)},
                       {"exit", exit_code(report, deliver::ExitStyle::Qmail)},
                       {"text", report.text}};
  // Octets that are no UTF-8 become U+FFFD: JSON has no other way to say them.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace lbx::admin
