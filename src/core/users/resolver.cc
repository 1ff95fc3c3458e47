// SPDX-License-Identifier: MIT
#include "core/users/resolver.h"

#include <utility>

#include "core/control/settings.h"
#include "core/users/delimiters.h"

namespace lbx::users {

struct Resolver::State {
  System& system;
  Accounts& accounts;
  const control::ControlDirectory& control;
};

namespace {

Result<DomainTable> read_domains(const control::ControlDirectory& control) {
  DomainTable table;
  const bool locals = LBX_TRY(control.exists(control::kLocals.file));
  const bool me = LBX_TRY(control.exists(control::kMe.file));
  const bool virtual_domains = LBX_TRY(control.exists(control::kVirtualDomains.file));
  table.everything_ours = !locals && !me && !virtual_domains;
  std::vector<std::string> domains = LBX_TRY(control.get(control::kLocals));
  if (!locals && me) domains = {LBX_TRY(control.get(control::kMe))};
  table.locals = domain_set(domains);
  domains = LBX_TRY(control.get(control::kVirtualDomains));
  table.virtual_domains = virtual_domain_map(domains);
  domains = LBX_TRY(control.get(control::kPercentHack));
  table.percent_hack = domain_set(domains);
  table.no_at_host = LBX_TRY(control.get(control::kEnvNoAtHost));
  return table;
}

}  // namespace

Resolver::Resolver(System& system, Accounts& accounts, const control::ControlDirectory& control)
    : state_{new State{system, accounts, control}} {}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver::~Resolver() = default;

Result<Resolution> Resolver::resolve_local(const std::string& local, const std::string& host) {
  const LookupRules rules{LBX_TRY(read_delimiters(state_->control)), "alias"};
  Resolution out;
  out.kind = Resolution::Kind::Mine;
  out.domain = Domain::Local;
  out.local = local;
  out.host = host;
  out.controller = LBX_TRY(find_controller(state_->accounts, state_->system.files, local, rules));
  const bool alias = out.controller.account.name == rules.alias_user;
  out.source = alias ? Resolution::Source::Alias : Resolution::Source::Account;
  return out;
}

Result<Resolution> Resolver::resolve(const std::string& local, const std::string& domain) {
  const DomainTable table = LBX_TRY(read_domains(state_->control));
  const Route way = route(table, local, domain);
  Resolution out;
  out.local = way.local;
  out.host = way.host;
  if (way.domain != Domain::Elsewhere) out = LBX_TRY(resolve_local(way.local, way.host));
  out.domain = way.domain;
  out.virtual_entry = way.virtual_entry;
  return out;
}

}  // namespace lbx::users
