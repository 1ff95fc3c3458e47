// SPDX-License-Identifier: MIT
// users/cdb made anew from users/assign, as qmail-newu does (CONTRACT 1.4): whoever reads it finds
// the old one or the new one whole, also after a crash.
#pragma once

#include <string>

#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx::users {

/// Writes users/cdb.tmp, syncs it, renames it and syncs users/. The caller's umask counts: 033.
/// Where this fails the old users/cdb is still there. Every error is Retry::Later.
Result<void> rebuild_database(FileOps& files, const std::string& mail_home);

}  // namespace lbx::users
