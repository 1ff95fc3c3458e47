// SPDX-License-Identifier: MIT
#include "core/base/errno_class.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace lbx {

bool is_temporary_errno(int code) {
  // EWOULDBLOCK is EAGAIN here. EPROCLIM exists only on BSD.
  static constexpr std::array kTemporary{
      EINTR,        ENOMEM,     ETXTBSY,      EIO,     ETIMEDOUT,    EAGAIN,       EDEADLK,
      EBUSY,        ENFILE,     EMFILE,       EFBIG,   ENOSPC,       ENETDOWN,     ENETUNREACH,
      ENETRESET,    ECONNRESET, ECONNABORTED, ENOBUFS, ETOOMANYREFS, ECONNREFUSED, EHOSTDOWN,
      EHOSTUNREACH, EUSERS,     EDQUOT,       ESTALE,  ENOLCK,
  };
  return std::ranges::find(kTemporary, code) != kTemporary.end();
}

}  // namespace lbx
