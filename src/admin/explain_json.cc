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

Json steps(const deliver::Forecast& forecast) {
  Json out = Json::array();
  for (const deliver::ForecastStep& each : forecast.steps) {
    Json row{{"line", each.step.line}, {"text", each.step.text}};
    row["kind"] = each.step.instruction ? kind_word(*each.step.instruction) : "nothing";
    if (each.step.instruction) row["target"] = target_of(*each.step.instruction);
    row["reached"] = each.reached;
    if (!each.prospect.note.empty()) row["note"] = each.prospect.note;
    out.push_back(std::move(row));
  }
  if (forecast.plan.script.fault) {
    out.push_back(Json{{"line", forecast.plan.script.fault->line},
                       {"text", forecast.plan.script.fault->text},
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

Json route(const users::Resolution& who) {
  Json out{{"domain", domain_word(who.domain)}, {"local", who.local}, {"host", who.host}};
  if (!who.virtual_entry.empty()) out["virtual_entry"] = who.virtual_entry;
  if (!who.mine()) return out;
  out["source"] = who_word(who.source);
  if (!who.assignment.empty()) out["assignment"] = who.assignment;
  out["uid"] = who.controller.account.uid;
  out["gid"] = who.controller.account.gid;
  return out;
}

void add_forecast(Json& out, const deliver::Forecast& forecast) {
  const deliver::Plan& plan = forecast.plan;
  const deliver::Request& request = plan.request;
  out["user"] = request.user;
  out["home"] = request.home;
  out["dash"] = request.dash;
  out["ext"] = request.ext;
  out["sender"] = request.sender;
  out["candidates"] = candidates(plan);
  out["source"] = source_word(plan.source);
  out["file"] = plan.file;
  out["forward_only"] = plan.permit == dotqmail::Permit::ForwardOnly;
  out["lines"] = steps(forecast);
  out["environment"] = plan.variables;
}

}  // namespace

std::string to_json(const Explanation& explanation) {
  const deliver::Report& report = explanation.result;
  Json out{{"address", explanation.address}};
  if (explanation.who) out["route"] = route(*explanation.who);
  if (explanation.forecast) add_forecast(out, *explanation.forecast);
  out["result"] = Json{{"verdict", verdict_word(explanation)},
                       {"exit", exit_code(report, deliver::ExitStyle::Qmail)},
                       {"text", report.text}};
  // Octets that are no UTF-8 become U+FFFD: JSON has no other way to say them.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace lbx::admin
