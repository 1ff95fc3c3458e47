// SPDX-License-Identifier: MIT
#include "core/users/resolver.h"

#include <fcntl.h>

#include <array>
#include <optional>
#include <utility>

#include "core/base/io.h"
#include "core/control/settings.h"
#include "core/users/assignments.h"
#include "core/users/delimiters.h"
#include "core/users/file_stamp.h"

namespace lbx::users {
namespace {

/// Everything that is read from the control directory, and is read again as a whole.
constexpr std::array kControlFiles{
    control::kDelimiters.file, control::kEnvNoAtHost.file, control::kLocals.file,
    control::kMe.file,         control::kPercentHack.file, control::kVirtualDomains.file,
};
using ControlStamps = std::array<FileStamp, kControlFiles.size()>;

struct Rules {
  DomainTable domains;
  LookupRules lookup;
};

/// A missing control/me is no local domain, whatever the setting's default.
Result<std::vector<std::string>> local_domains(const control::ControlDirectory& control) {
  const bool listed = LBX_TRY(control.exists(control::kLocals.file));
  if (listed) return control.get(control::kLocals);
  std::string me = LBX_TRY(control.get(control::kMe));
  if (me.empty()) return std::vector<std::string>{};
  return std::vector<std::string>{std::move(me)};
}

Result<DomainTable> read_domains(const control::ControlDirectory& control) {
  DomainTable table;
  table.everything_ours = true;
  for (const control::List& each : {control::kLocals, control::kVirtualDomains}) {
    const bool exists = LBX_TRY(control.exists(each.file));
    table.everything_ours &= !exists;
  }
  const bool named = LBX_TRY(control.exists(control::kMe.file));
  table.everything_ours &= !named;

  std::vector<std::string> lines = LBX_TRY(local_domains(control));
  table.locals = domain_set(lines);
  lines = LBX_TRY(control.get(control::kVirtualDomains));
  table.virtual_domains = virtual_domain_map(lines);
  lines = LBX_TRY(control.get(control::kPercentHack));
  table.percent_hack = domain_set(lines);
  table.no_at_host = LBX_TRY(control.get(control::kEnvNoAtHost));
  return table;
}

}  // namespace

struct Resolver::State {
  System& system;
  Accounts& accounts;
  const control::ControlDirectory& control;

  ControlStamps rules_stamps{};
  std::optional<Rules> rules{};
  FileStamp cdb_stamp{};
  std::optional<Assignments> assignments{};

  Result<void> refresh_rules();
  Result<void> refresh_assignments();
  Result<Assignments> read_assignments(const std::string& path) const;
  Result<std::optional<Assignment>> assigned(const std::string& local);
  Result<void> find(Resolution& to);
};

Result<void> Resolver::State::refresh_rules() {
  const Instant now = system.clock.now();
  ControlStamps stamps;
  bool settled = true;
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    const std::string path = control.mail_home() + "/control/" + std::string{kControlFiles[i]};
    stamps[i] = LBX_TRY(stamp_of(system.files, path));
    settled &= stamps[i].settled(now);
  }
  if (rules && settled && stamps == rules_stamps) return {};
  rules.reset();
  DomainTable domains = LBX_TRY(read_domains(control));
  std::string delimiters = LBX_TRY(read_delimiters(control));
  rules = Rules{std::move(domains), LookupRules{std::move(delimiters)}};
  rules_stamps = stamps;
  return {};
}

Result<Assignments> Resolver::State::read_assignments(const std::string& path) const {
  const UniqueFd file = LBX_TRY(system.files.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK));
  const std::string bytes = LBX_TRY(read_whole(system.files, file.get(), kMaxDatabaseOctets, path));
  return Assignments::from(bytes);
}

Result<void> Resolver::State::refresh_assignments() {
  const std::string path = control.mail_home() + "/users/cdb";
  const FileStamp stamp = LBX_TRY(stamp_of(system.files, path));
  const bool known = stamp == cdb_stamp && stamp.settled(system.clock.now());
  if (known && assignments.has_value() == stamp.exists) return {};
  assignments.reset();
  if (stamp.exists) assignments = LBX_TRY(read_assignments(path));
  cdb_stamp = stamp;
  return {};
}

/// Whatever is wrong with users/cdb, qmail-lspawn has one sentence for it.
Result<std::optional<Assignment>> Resolver::State::assigned(const std::string& local) {
  if (!refresh_assignments()) return Error::later(std::string{kTroubleReadingCdb});
  if (!assignments) return std::optional<Assignment>{};
  Result<std::optional<Assignment>> found = assignments->find(local, rules->lookup.delimiters);
  if (!found) return Error::later(std::string{kTroubleReadingCdb});
  return found;
}

Result<void> Resolver::State::find(Resolution& to) {
  std::optional<Assignment> assignment = LBX_TRY(assigned(to.local));
  if (assignment) {
    to.source = Resolution::Source::Assignment;
    to.assignment = std::move(assignment->line);
    to.controller = std::move(assignment->controller);
  } else {
    to.controller = LBX_TRY(find_controller(accounts, system.files, to.local, rules->lookup));
    const bool alias = to.controller.account.name == rules->lookup.alias_user;
    to.source = alias ? Resolution::Source::Alias : Resolution::Source::Account;
  }
  const Account& account = to.controller.account;
  if (account.uid == 0) return Error::later(std::string{kNotAsRoot});
  if (account.home.starts_with('/')) return {};
  return Error::later("the home directory of " + account.name + " is no absolute path");
}

Resolver::Resolver(System& system, Accounts& accounts, const control::ControlDirectory& control)
    : state_{new State{system, accounts, control}} {}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver::~Resolver() = default;

void Resolver::refresh() {
  static_cast<void>(state_->refresh_rules());
  static_cast<void>(state_->refresh_assignments());
}

Result<Resolution> Resolver::resolve_local(const std::string& local, const std::string& host) {
  LBX_TRY(state_->refresh_rules());
  Resolution out;
  out.kind = Resolution::Kind::Mine;
  out.domain = Domain::Local;
  out.local = local;
  out.host = host;
  LBX_TRY(state_->find(out));
  return out;
}

Result<Resolution> Resolver::resolve(const std::string& local, const std::string& domain) {
  LBX_TRY(state_->refresh_rules());
  Route way = route(state_->rules->domains, local, domain);
  Resolution out;
  out.domain = way.domain;
  out.local = std::move(way.local);
  out.host = std::move(way.host);
  out.virtual_entry = std::move(way.virtual_entry);
  if (way.domain == Domain::Elsewhere) return out;
  out.kind = Resolution::Kind::Mine;
  LBX_TRY(state_->find(out));
  return out;
}

}  // namespace lbx::users
