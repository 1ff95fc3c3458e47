// SPDX-License-Identifier: MIT
#include "admin/explain.h"

#include <utility>

#include "admin/user_rights.h"
#include "core/base/ascii.h"
#include "core/control/settings.h"
#include "core/users/delimiters.h"

namespace lbx::admin {
namespace {

/// What is left of `local` for the .qmail files of `user`. A local part of another name comes to
/// him whole, as addresses of no account come to the alias user.
users::Controller controller_of(users::Account account, const std::string& local,
                                const std::string& delimiters) {
  const std::string& user = account.name;
  if (ascii::equal_fold(local, user)) return {std::move(account), "", ""};
  std::string ext = users::extension_of(local, user, delimiters).value_or(local);
  return {std::move(account), "-", ext};
}

/// Whom the options name.
Result<users::Controller> named(const Site& site, const ExplainOptions& options,
                                const std::string& local) {
  const std::string delimiters = LBX_TRY(users::read_delimiters(site.control));
  if (options.home) {
    const std::string user =
        options.user.value_or(local.substr(0, local.find_first_of(delimiters)));
    return controller_of({user, 0, 0, *options.home}, local, delimiters);
  }
  std::optional<users::Account> account = LBX_TRY(site.accounts.by_name(*options.user));
  if (!account) return Error::never("there is no user " + *options.user);
  return controller_of(*std::move(account), local, delimiters);
}

Result<users::Resolution> look_up(const Site& site, const SplitAddress& split) {
  users::Resolver resolver{site.system, site.accounts, site.control};
  if (!split.host) return resolver.resolve_local(split.local, site.system.host_name);
  return resolver.resolve(split.local, *split.host);
}

Result<deliver::Request> request_of(const Site& site, const ExplainOptions& options,
                                    users::Controller who) {
  if (options.ext) {
    who.ext = *options.ext;
    who.dash = std::string(who.ext.empty() ? 0 : 1, '-');
  }
  if (options.dash) who.dash = *options.dash;
  if (!who.account.home.starts_with('/')) {
    return Error::never("the home directory is no absolute path: " + who.account.home);
  }
  deliver::Request request;
  request.user = who.account.name;
  request.home = who.account.home;
  request.dash = who.dash;
  request.ext = who.ext;
  request.sender = options.sender;
  request.default_delivery = options.default_delivery
                                 ? *options.default_delivery
                                 : LBX_TRY(site.control.get(control::kDefaultDelivery));
  return request;
}

Result<void> foretell(const Site& site, const ExplainOptions& options, users::Controller who,
                      SplitAddress address, Explanation& out) {
  const users::Account account = who.account;
  deliver::Request request = LBX_TRY(request_of(site, options, std::move(who)));
  request.local = std::move(address.local);
  request.host = address.host.value_or(site.system.host_name);
  const UserRights rights{site, account};
  out.forecast = deliver::forecast(site.system, request, site.settings);
  out.result = out.forecast->result;
  return {};
}

}  // namespace

Result<Explanation> explain(const Site& site, const ExplainOptions& options) {
  const SplitAddress split = split_address(options.address);
  Explanation out;
  out.address = split.local + '@' + split.host.value_or(site.system.host_name);
  if (options.home || options.user) {
    users::Controller who = LBX_TRY(named(site, options, split.local));
    if (!options.home && who.account.uid == 0) {
      out.result = deliver::Report::later(std::string{users::kNotAsRoot});
      return out;
    }
    LBX_TRY(foretell(site, options, std::move(who), split, out));
    return out;
  }
  Result<users::Resolution> who = look_up(site, split);
  if (!who) {
    out.result = deliver::Report::later(who.error().what);
    return out;
  }
  out.who = *std::move(who);
  if (!out.who->mine()) return out;
  LBX_TRY(foretell(site, options, out.who->controller, {out.who->local, out.who->host}, out));
  return out;
}

}  // namespace lbx::admin
