// SPDX-License-Identifier: MIT
// What a process gives up before it hears a stranger, by Landlock and seccomp(2), as far as the
// kernel has them: what it lacks is a line in the log, no failure. For the whole process, before it
// has more than one thread, and for good; all that it starts is bound, too.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace lbx {

/// For a process that moves octets between descriptors that it has or is given: no file, no
/// program, no process, no connection of its own, and no code that was not there before.
Result<void> confine_to_descriptors();

/// The same for one that also holds what is too large for its memory: it may have files of its own
/// in `folder` and in memory, and no others.
Result<void> confine_to_spool(const std::string& folder);

/// For a process with threads that takes connections which others have opened, and keeps what comes
/// by them: it works in `folder`, reads what is in `readable`, files and folders, and opens nothing
/// else; no program, no process, no connection of its own.
Result<void> confine_to_store(const std::string& folder, const std::vector<std::string>& readable);

/// For a process that works in `folders`, and below: nothing else of the file system, no program,
/// and no socket.
Result<void> confine_to_folders(const std::vector<std::string>& folders);

}  // namespace lbx
