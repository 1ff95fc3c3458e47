// SPDX-License-Identifier: MIT
// Looks at a user's files with his rights, as delivery does, where the one who asks is root: what
// only root can read would not be delivered to.
#pragma once

#include <sys/types.h>

#include <vector>

#include "admin/site.h"

namespace lbx::admin {

/// The rights of `account` until the end of the scope; then those from before. Nothing where the
/// site does not say so, or where the account is root's or nobody's in particular.
class UserRights {
 public:
  UserRights(const Site& site, const users::Account& account);
  ~UserRights();
  UserRights(const UserRights&) = delete;
  UserRights& operator=(const UserRights&) = delete;

 private:
  bool taken_{false};
  gid_t group_{};
  std::vector<gid_t> groups_;
};

}  // namespace lbx::admin
