// SPDX-License-Identifier: MIT
#include "service/front_user.h"

#include <unistd.h>

namespace lbx {

Result<std::optional<users::Account>> front_user(const control::ControlDirectory& control,
                                                 const control::Line& setting) {
  std::optional<users::Account> user;
  if (::geteuid() != 0) return user;
  const std::string name = LBX_TRY(control.get(setting));
  users::SystemAccounts accounts;
  user = LBX_TRY(accounts.by_name(name));
  if (user) return user;
  return Error::later("no such user: " + name + " (control/" + std::string{setting.file} + ')');
}

}  // namespace lbx
