// SPDX-License-Identifier: MIT
#include "queue/classify.h"

#include "core/base/ascii.h"
#include "core/control/settings.h"

namespace lbx::queue {
namespace {

/// The user that an address is for, or looks as if it were: mail for one user shares a fate.
std::string user_of(const Routes& routes, std::string_view local) {
  return ascii::to_lower(local.substr(0, local.find_first_of(routes.delimiters)));
}

/// Octets that a virtual domain has put before the address.
std::size_t prefix_of(const users::Route& route) {
  const std::string_view entry = route.virtual_entry;  // "key:prepend"
  return entry.size() - entry.find(':');
}

}  // namespace

Result<Routes> read_routes(const control::ControlDirectory& control, const std::string& host_name) {
  Routes routes;
  const std::string named = LBX_TRY(control.get(control::kMe));
  const std::string& me = named.empty() ? host_name : named;
  const bool listed = LBX_TRY(control.exists(control::kLocals.file));
  std::vector<std::string> lines = LBX_TRY(control.get(control::kLocals));
  if (!listed) lines = {me};
  routes.domains.locals = users::domain_set(lines);
  lines = LBX_TRY(control.get(control::kVirtualDomains));
  routes.domains.virtual_domains = users::virtual_domain_map(lines);
  lines = LBX_TRY(control.get(control::kPercentHack));
  routes.domains.percent_hack = users::domain_set(lines);
  routes.domains.no_at_host = LBX_TRY(control.get(control::kEnvNoAtHost));
  if (named.empty()) {
    const bool set = LBX_TRY(control.exists(control::kEnvNoAtHost.file));
    if (!set) routes.domains.no_at_host = me;
  }
  routes.delimiters = LBX_TRY(control.get(control::kDelimiters));
  return routes;
}

NewRecipient classify(const Routes& routes, NewRecipient recipient) {
  const std::string submitted = std::move(recipient.address);
  const std::size_t at = submitted.rfind('@');
  const users::Route route =
      users::route(routes.domains, submitted.substr(0, at),
                   at == std::string::npos ? std::string{} : submitted.substr(at + 1));
  const bool ours = route.domain == users::Domain::Local || route.domain == users::Domain::Virtual;
  recipient.channel = ours ? Channel::Local : Channel::Remote;
  recipient.destination = ours ? user_of(routes, route.local) : ascii::to_lower(route.host);
  recipient.address = route.local + '@' + route.host;
  if (route.domain == users::Domain::Virtual) {
    recipient.original = recipient.address.substr(prefix_of(route));
  }
  return recipient;
}

}  // namespace lbx::queue
