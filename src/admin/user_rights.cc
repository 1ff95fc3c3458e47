// SPDX-License-Identifier: MIT
#include "admin/user_rights.h"

#include <grp.h>
#include <unistd.h>

namespace lbx::admin {

UserRights::UserRights(const Site& site, const users::Account& account) : group_{::getegid()} {
  if (!site.as_users || account.uid == 0) return;
  const int count = ::getgroups(0, nullptr);
  if (count > 0) groups_.resize(static_cast<std::size_t>(count));
  if (count < 0 || ::getgroups(count, groups_.data()) != count) return;
  // The real user id stays root's: the way back.
  taken_ = true;
  const bool all = ::setgroups(1, &account.gid) == 0 && ::setegid(account.gid) == 0 &&
                   ::seteuid(account.uid) == 0;
  static_cast<void>(all);  // where root may not become others he looks with what he has
}

UserRights::~UserRights() {
  if (!taken_) return;
  const bool back = ::seteuid(0) == 0 && ::setegid(group_) == 0 &&
                    ::setgroups(groups_.size(), groups_.data()) == 0;
  static_cast<void>(back);  // otherwise what follows sees less, never more
}

}  // namespace lbx::admin
