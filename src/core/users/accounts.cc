// SPDX-License-Identifier: MIT
#include "core/users/accounts.h"

#include <fcntl.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <vector>

#include "core/base/ascii.h"
#include "core/base/errno_class.h"

namespace lbx::users {
namespace {

using PasswdCall = std::function<int(passwd*, char*, std::size_t, passwd**)>;

/// getpw*_r with a buffer that grows as long as it has to, within reason.
Result<std::optional<Account>> ask_passwd(const PasswdCall& call) {
  static constexpr std::size_t kMaxBuffer = std::size_t{1024} * 1024;
  for (std::vector<char> buffer(4096);; buffer.resize(buffer.size() * 4)) {
    passwd entry{};
    passwd* found = nullptr;
    const int code = call(&entry, buffer.data(), buffer.size(), &found);
    if (code == ERANGE && buffer.size() < kMaxBuffer) continue;
    // POSIX lets these stand for "not found" too.
    const bool absent = code == 0 || code == ENOENT || code == ESRCH;
    if (!absent) return Error::from_errno(code, "getpwnam");
    if (found == nullptr) return std::optional<Account>{};
    return std::optional{Account{found->pw_name, found->pw_uid, found->pw_gid, found->pw_dir}};
  }
}

/// Root's mail goes to the alias user, and so does that of accounts without a home of their own.
Result<bool> may_receive(FileOps& files, const Account& account) {
  if (account.uid == 0) return false;
  const Result<struct stat> home = files.stat_at(AT_FDCWD, account.home);
  if (home) return home->st_uid == account.uid;
  if (is_temporary_errno(home.error().os_error)) return home.error();
  return false;
}

}  // namespace

Result<std::optional<Account>> SystemAccounts::by_name(const std::string& name) {
  return ask_passwd([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
    return ::getpwnam_r(name.c_str(), entry, buffer, size, found);
  });
}

Result<std::optional<Account>> SystemAccounts::by_uid(uid_t uid) {
  return ask_passwd([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
    return ::getpwuid_r(uid, entry, buffer, size, found);
  });
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
