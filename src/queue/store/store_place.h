// SPDX-License-Identifier: MIT
// The directory that a store lies in: is it on a disk of this machine, whose are its files, and who
// writes to it.
#pragma once

#include <string>

#include "core/base/system.h"
#include "core/base/unique_fd.h"

namespace lbx::queue {

/// An error for the types of statfs(2) that other machines may write to at the same time, and FUSE,
/// behind which anything may be: no log of SQLite's is safe there.
Result<void> refuse_network_file_system(long type, const std::string& directory);

/// The directory, on a file system that a store may lie on.
Result<UniqueFd> open_store_directory(System& system, const std::string& directory);

/// The right to write, which ends with the descriptor. Waits up to `patience_ms` for another
/// process; the error has EWOULDBLOCK then.
Result<UniqueFd> lock_store(System& system, int directory, int patience_ms);

/// An empty file where none is, mode 0600. It belongs to the directory's owner, also where root
/// makes it. The value is whether it was made.
Result<bool> make_store_file(System& system, int directory, const std::string& name);

/// What root makes in a directory of the queue's user must be that user's.
Result<void> give_to_owner(System& system, int directory, int file);

}  // namespace lbx::queue
