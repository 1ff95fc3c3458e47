// SPDX-License-Identifier: MIT
#include "service/auth/hardening.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace lbx::auth {

Result<void> harden(bool runs_programs) {
  const rlimit none{0, 0};
  ::umask(077);
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return Error::from_errno(errno, "RLIMIT_CORE");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Error::from_errno(errno, "dumpable");
  if (!runs_programs && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Error::from_errno(errno, "no_new_privs");
  }
  return {};
}

Result<void> become_user(const users::Account& user) {
  const bool became = ::initgroups(user.name.c_str(), user.gid) == 0 &&
                      ::setresgid(user.gid, user.gid, user.gid) == 0 &&
                      ::setresuid(user.uid, user.uid, user.uid) == 0;
  if (!became) return Error::from_errno(errno, "become " + user.name);
  if (user.uid != 0 && ::setuid(0) == 0) return Error::later("still root");
  return {};
}

}  // namespace lbx::auth
