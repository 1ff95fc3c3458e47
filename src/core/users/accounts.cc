// SPDX-License-Identifier: MIT
#include "core/users/accounts.h"

#include <fcntl.h>

#include <algorithm>

#include "core/base/ascii.h"
#include "core/base/errno_class.h"

namespace lbx::users {

Result<bool> may_receive(FileOps& files, const Account& account) {
  if (account.uid == 0) return false;
  const Result<struct stat> home = files.stat_at(AT_FDCWD, account.home);
  if (home) return home->st_uid == account.uid;
  if (is_temporary_errno(home.error().os_error)) return home.error();
  return false;
}

std::optional<std::string> extension_of(std::string_view local, std::string_view account,
                                        std::string_view delimiters) {
  const std::string_view rest = local.substr(std::min(local.size(), account.size()));
  const bool delimited = !rest.empty() && delimiters.find(rest.front()) != std::string_view::npos;
  if (!delimited || !ascii::starts_with_fold(local, account)) return std::nullopt;
  return std::string{rest.substr(1)};
}

Result<Controller> find_controller(Accounts& accounts, FileOps& files, std::string_view local,
                                   const LookupRules& rules) {
  for (std::size_t size = local.size(); size > 0; --size) {
    const bool whole = size == local.size();
    const bool delimited = !whole && rules.delimiters.find(local[size]) != std::string::npos;
    if (size >= kMaxAccountName || (!whole && !delimited)) continue;
    std::optional<Account> account =
        LBX_TRY(accounts.by_name(ascii::to_lower(local.substr(0, size))));
    if (!account) continue;
    const bool eligible = LBX_TRY(may_receive(files, *account));
    if (!eligible) continue;
    if (whole) return Controller{*std::move(account), "", ""};
    return Controller{*std::move(account), "-", std::string{local.substr(size + 1)}};
  }
  std::optional<Account> alias = LBX_TRY(accounts.by_name(rules.alias_user));
  if (!alias) return Error::later(std::string{kNoAliasUser});
  return Controller{*std::move(alias), "-", std::string{local}};
}

}  // namespace lbx::users
