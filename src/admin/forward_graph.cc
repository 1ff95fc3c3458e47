// SPDX-License-Identifier: MIT
#include "admin/forward_graph.h"

#include <iterator>
#include <utility>

#include "admin/user_rights.h"
#include "deliver/forecast.h"

namespace lbx::admin {
namespace {

/// The file that decides: two addresses with the same one are the same to us.
std::string file_of(const deliver::Plan& plan) {
  if (plan.source != deliver::Source::File) return plan.request.home;
  return plan.request.home + '/' + plan.file;
}

}  // namespace

ForwardGraph::ForwardGraph(const Site& site, std::string default_delivery)
    : site_{site},
      default_delivery_{std::move(default_delivery)},
      resolver_{site.system, site.accounts, site.control} {}

void ForwardGraph::add(const std::string& user, const std::string& file,
                       const dotqmail::Script& script) {
  if (files_.contains(file)) return;
  if (files_.size() >= kMaxForwardFiles) {
    complete_ = false;
    return;
  }
  files_.insert(file);
  for (const dotqmail::Step& step : script.steps) {
    if (!step.instruction) continue;
    const auto* const to = std::get_if<dotqmail::ToAddress>(&*step.instruction);
    if (to != nullptr && is_address(to->address))
      pending_.push_back({user, file, step.line, to->address});
  }
}

void ForwardGraph::follow() {
  while (!pending_.empty()) {
    const Forward next = std::move(pending_.front());
    pending_.pop_front();
    follow_one(next);
  }
}

void ForwardGraph::follow_one(const Forward& forward) {
  const SplitAddress address = split_address(forward.address);
  const Result<users::Resolution> who = resolver_.resolve(address.local, address.host.value_or(""));
  if (!who) {
    dead_.push_back({forward, "nobody can tell who takes it: " + who.error().what});
  } else if (who->mine()) {
    enter(forward, *who);
  }
}

void ForwardGraph::enter(const Forward& forward, const users::Resolution& who) {
  const users::Controller& to = who.controller;
  const deliver::Request request{to.account.name, to.account.home, who.local, to.dash,
                                 to.ext,          who.host,        "",        default_delivery_};
  const UserRights rights{site_, to.account};
  const deliver::Forecast forecast = deliver::forecast(site_.system, request, site_.settings);
  if (forecast.result.verdict == deliver::Verdict::Never) {
    dead_.push_back({forward, "it would be refused: " + forecast.result.text});
    return;
  }
  const std::string file = file_of(forecast.plan);
  edges_[forward.file].push_back({forward, file});
  add(to.account.name, file, forecast.plan.script);
}

std::vector<ForwardLoop> ForwardGraph::loops() const {
  struct Step {
    const std::vector<Edge>* edges;
    std::size_t next;
  };
  static const std::vector<Edge> none;
  const auto edges_of = [&](const std::string& file) {
    const auto found = edges_.find(file);
    return found == edges_.end() ? &none : &found->second;
  };
  std::vector<ForwardLoop> out;
  std::set<std::string> done;
  for (const auto& [start, unused] : edges_) {
    if (done.contains(start)) continue;
    std::vector<std::string> path{start};
    std::map<std::string, std::ptrdiff_t> place{{start, 0}};  // of each file on the path
    std::vector<Step> steps{{edges_of(start), 0}};
    while (!steps.empty()) {
      Step& top = steps.back();
      if (top.next == top.edges->size()) {
        done.insert(path.back());
        place.erase(path.back());
        path.pop_back();
        steps.pop_back();
        continue;
      }
      const Edge& edge = (*top.edges)[top.next++];
      const auto seen = place.find(edge.to);
      if (seen != place.end()) {
        std::vector<std::string> files{path.begin() + seen->second, path.end()};
        files.push_back(edge.to);
        out.push_back({edge.forward, std::move(files)});
      } else if (!done.contains(edge.to)) {
        place[edge.to] = std::ssize(path);
        path.push_back(edge.to);
        steps.push_back({edges_of(edge.to), 0});
      }
    }
  }
  return out;
}

}  // namespace lbx::admin
