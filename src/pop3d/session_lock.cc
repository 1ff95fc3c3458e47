// SPDX-License-Identifier: MIT
#include "pop3d/session_lock.h"

#include <sys/file.h>

#include <cerrno>

namespace lbx::pop3d {

Result<bool> lock_maildrop(int maildir) {
  while (::flock(maildir, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return Error::from_errno(errno, "lock of the Maildir");
  }
  return true;
}

}  // namespace lbx::pop3d
