// SPDX-License-Identifier: MIT
// The messages of a Maildir at one moment, with their sizes, in the order of their times. Only
// what neither the file of sizes nor a name tells is opened and read: in the order of the inodes,
// on several threads where there is much. What was learnt is kept for the next session at once,
// so that it is not lost when the client leaves early.
#pragma once

#include "core/base/result.h"
#include "core/base/system.h"
#include "pop3d/dialect.h"
#include "pop3d/message_table.h"

namespace lbx::pop3d {

struct SnapshotOptions {
  Dialect dialect{Dialect::Letterbox};
  /// Believe names, and use the file of sizes. Without: everything is measured, nothing is kept.
  /// Qmail's dialect never does, and takes the times of the files.
  bool remember{true};
  bool trust_names{true};
  /// For measuring. More than one: `files` must be safe to use from several threads.
  unsigned threads{1};
};

/// Names that begin with a dot, directories, and what is no regular file are no messages. Messages
/// that others rename meanwhile are looked for once more.
Result<MessageTable> take_snapshot(System& system, int maildir, const SnapshotOptions& options);

/// Whether an error of a message file means that it is not where it was.
bool is_missing(const Error& error);

}  // namespace lbx::pop3d
