// SPDX-License-Identifier: MIT
// Apart from accounts.cc: a static program must not even be linked with these calls.
#include <pwd.h>

#include <cerrno>

#include "core/users/accounts.h"

namespace lbx::users {

/// With a buffer that grows as long as it has to, within reason.
Result<std::optional<Account>> SystemAccounts::by_name(const std::string& name) {
  static constexpr std::size_t kMaxBuffer = std::size_t{1024} * 1024;
  for (std::vector<char> buffer(4096);; buffer.resize(buffer.size() * 4)) {
    passwd entry{};
    passwd* found = nullptr;
    const int code = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (code == ERANGE && buffer.size() < kMaxBuffer) continue;
    // POSIX lets these stand for "not found" too.
    const bool absent = code == 0 || code == ENOENT || code == ESRCH;
    if (!absent) return Error::from_errno(code, "getpwnam");
    if (found == nullptr) return std::optional<Account>{};
    return std::optional{Account{found->pw_name, found->pw_uid, found->pw_gid, found->pw_dir}};
  }
}

std::vector<Account> SystemAccounts::all(std::size_t limit) {
  std::vector<Account> out;
  ::setpwent();
  while (out.size() < limit) {
    const passwd* const entry = ::getpwent();
    if (entry == nullptr) break;
    out.push_back({entry->pw_name, entry->pw_uid, entry->pw_gid, entry->pw_dir});
  }
  ::endpwent();
  return out;
}

}  // namespace lbx::users
