// SPDX-License-Identifier: MIT
// One message onto the end of an mbox, as deliveries do it (CONTRACT 2.10): lock, append, fsync.
// After success no crash can lose the message. After a failure the file has its old length again,
// unless the machine stops in between, or only the close(2) of the synced file failed: then the
// message may come twice.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/mbox/lock.h"
#include "core/mbox/quoting.h"

namespace lbx {

/// What failed; whoever delivers has a text for each.
enum class AppendStep {
  Open,         // the file could not be opened or made
  LockTimeout,  // somebody else held a lock all the time
  Lock,         // a lock could not even be asked for
  Read,         // the message could not be read
  Write,        // it could not be written or synced
};

struct AppendFailure {
  AppendStep step;
  Error error;
};

/// For an append that must not happen twice, however often it is begun: somebody keeps a note of
/// where it began.
struct AppendOnce {
  /// Where an earlier try began that is not known to have ended. What it wrote is looked for there:
  /// whole, nothing more is done; cut off and at the end of the mbox, it is taken away. Where
  /// something else stands there by now, nobody can tell, and the message is appended.
  std::optional<std::uint64_t> began_at;
  /// Makes the note durable, before the first octet is written. An error stops the append.
  std::function<Result<void>(std::uint64_t length)> begin;
};

/// The directory that `path` lies in: what to sync for a new name.
std::string directory_of(const std::string& path);

/// Appends to the mbox at `path` below `dir`, made with mode 0600 where it is missing:
/// `envelope_lines` as they are (the From_ line first, each with its newline), then the message
/// with mboxrd quoting, a newline where its last line has none, and one empty line. An existing
/// file that does not end in a newline gets its last line ended first. What is no regular file is
/// never written to. Nothing on success.
[[nodiscard]] std::optional<AppendFailure> append_to_mbox(System& system, LockOps& locks, int dir,
                                                          const std::string& path,
                                                          const MboxLockPolicy& policy,
                                                          std::string_view envelope_lines,
                                                          const MessageSource& message,
                                                          const AppendOnce* once = nullptr);

}  // namespace lbx
