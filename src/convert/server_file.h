// SPDX-License-Identifier: MIT
// Files that a mail server keeps beside the messages of a folder: dovecot-keywords,
// courierimapuiddb and the like.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx::convert {

inline constexpr mode_t kServerFileMode = 0600;

/// The text of a file that a mail server keeps in a Maildir; "" where there is none.
Result<std::string> read_server_file(FileOps& files, int maildir, const char* name,
                                     std::size_t limit);

}  // namespace lbx::convert
