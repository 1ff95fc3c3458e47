// SPDX-License-Identifier: MIT
// How files of a Maildir are opened for reading.
#pragma once

#include <fcntl.h>

namespace lbx::pop3d {

// O_NONBLOCK: a FIFO that somebody put there must not hold the session up.
inline constexpr int kOpenFlags = O_RDONLY | O_NONBLOCK;

}  // namespace lbx::pop3d
