// SPDX-License-Identifier: MIT
#include "admin/explain.h"

#include <algorithm>

#include "core/base/ascii.h"
#include "core/message/address.h"

namespace lbx::admin {
namespace {

struct Split {
  std::string local;
  std::string host;
};

/// An address as people write it comes without its quotes, as it does from a mail server. What is
/// none is taken as it stands: qmail-local takes anything.
Split split_address(const std::string& address, const std::string& own_host) {
  const Result<Address> parsed = Address::parse(address);
  if (parsed) return {parsed->local(), parsed->domain()};
  const std::size_t at = address.rfind('@');
  if (at == std::string::npos) return {address, own_host};
  return {address.substr(0, at), address.substr(at + 1)};
}

/// What is left of `local` for the .qmail files of `user`. A local part of another name comes to
/// him whole, as addresses of no account come to the alias user.
users::Controller controller_of(users::Account account, const std::string& local) {
  const std::string& user = account.name;
  if (ascii::equal_fold(local, user)) return {std::move(account), "", ""};
  std::string ext = users::extension_of(local, user).value_or(local);
  return {std::move(account), "-", ext};
}

Result<users::Controller> find(System& system, users::Accounts& accounts,
                               const ExplainOptions& options, const std::string& local) {
  if (options.home) {
    const std::string user = options.user.value_or(local.substr(0, local.find('-')));
    return controller_of({user, 0, 0, *options.home}, local);
  }
  if (!options.user) return users::find_controller(accounts, system.files, local);
  std::optional<users::Account> account = LBX_TRY(accounts.by_name(*options.user));
  if (!account) return Error::never("there is no user " + *options.user);
  return controller_of(*std::move(account), local);
}

}  // namespace

Result<deliver::Request> resolve(System& system, users::Accounts& accounts,
                                 const ExplainOptions& options) {
  const Split split = split_address(options.address, system.host_name);
  users::Controller found = LBX_TRY(find(system, accounts, options, split.local));
  if (options.ext) {
    found.ext = *options.ext;
    found.dash = std::string(found.ext.empty() ? 0 : 1, '-');
  }
  if (options.dash) found.dash = *options.dash;
  if (!found.account.home.starts_with('/')) {
    return Error::never("the home directory is no absolute path: " + found.account.home);
  }
  return deliver::Request{
      found.account.name, found.account.home, split.local,    found.dash,
      found.ext,          split.host,         options.sender, options.default_delivery};
}

}  // namespace lbx::admin
