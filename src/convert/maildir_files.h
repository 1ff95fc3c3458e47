// SPDX-License-Identifier: MIT
// Steps that checking and copying Maildirs have in common.
#pragma once

#include <string>

#include "core/base/system.h"
#include "core/maildir/unique_name.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

/// Whether `path` names anything. An error: nobody can tell.
Result<bool> exists(FileOps& files, int dir, const std::string& path);

/// Gives a file another name below `to_dir`, never that of a file which is there: an error with
/// EEXIST then, as far as the file system can promise that.
Result<void> rename_to_free(FileOps& files, int dir, const std::string& from, int to_dir,
                            const std::string& to);

/// `base` with the sizes that it names put right; what it does not name is not added.
std::string with_sizes(const std::string& base, std::uint64_t octets, std::uint64_t wire_octets);

/// Counts the quota of a Maildir anew, if it has one that says its limit.
Result<void> recount_quota(System& system, LockOps& locks, int maildir);

/// A base name that nobody has, for a file with this time and these octets.
UniqueName fresh_name(System& system, std::int64_t seconds, std::uint64_t octets,
                      std::uint64_t wire_octets);

}  // namespace lbx::convert
