// SPDX-License-Identifier: MIT
// A new password from whoever runs the command: from a terminal, twice and without echo, or the
// first line of standard input. Never from the command line, where every user of the machine could
// read it.
#pragma once

#include <string>

#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx::admin {

/// `fd`: standard input. Questions go to standard error.
Result<std::string> ask_password(FileOps& files, int fd, const std::string& name);

}  // namespace lbx::admin
