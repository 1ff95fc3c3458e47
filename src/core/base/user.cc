// SPDX-License-Identifier: MIT
#include "core/base/user.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace lbx {

Result<void> become_user(uid_t uid, gid_t gid) {
  if (uid == 0) return Error::later("will not become root");
  if (::geteuid() != 0) {
    if (::geteuid() == uid && ::getuid() == uid) return {};
    return Error::later("cannot become uid " + std::to_string(uid) + " without being root");
  }
  if (::setgroups(1, &gid) != 0) return Error::from_errno(errno, "setgroups");
  if (::setgid(gid) != 0) return Error::from_errno(errno, "setgid");
  if (::setuid(uid) != 0) return Error::from_errno(errno, "setuid");
  if (::setuid(0) == 0) return Error::later("could become root again");
  return {};
}

Result<void> forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Error::from_errno(errno, "no_new_privs");
  }
  return {};
}

void close_all_but(std::vector<int> keep) {
  keep.push_back(STDERR_FILENO);
  std::ranges::sort(keep);
  unsigned first = 0;
  for (const int each : keep) {
    const auto fd = static_cast<unsigned>(each);
    if (fd > first) ::close_range(first, fd - 1, 0);
    first = std::max(first, fd + 1);
  }
  ::close_range(first, UINT_MAX, 0);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) {
    if (std::ranges::find(keep, fd) != keep.end()) continue;
    const int null = ::open("/dev/null", O_RDWR);  // the lowest free one: fd itself
    if (null >= 0 && null != fd) {
      static_cast<void>(::dup2(null, fd));
      ::close(null);
    }
  }
}

}  // namespace lbx
