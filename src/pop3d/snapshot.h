// SPDX-License-Identifier: MIT
// The messages of a Maildir at one moment, with their sizes and ids. Where the index (index_file.h)
// still holds, nothing else is looked at; else the folders are (scan.h), and what was learnt is
// kept for the next session at once, so that it is not lost when the client leaves early.
#pragma once

#include "core/base/result.h"
#include "core/base/system.h"
#include "pop3d/dialect.h"
#include "pop3d/ids.h"
#include "pop3d/message_table.h"

namespace lbx::pop3d {

/// A large index is written anew at once where this part of it, or more, is new; else not before it
/// is so many seconds old.
inline constexpr std::size_t kWorthWriting = 128;
inline constexpr std::int64_t kRewriteSeconds = 600;

struct SnapshotOptions {
  Dialect dialect{Dialect::Letterbox};
  /// Believe names, and use the index. Without: everything is measured, nothing is kept. Qmail's
  /// dialect never does, and takes the times of the files.
  bool remember{true};
  bool trust_names{true};
  /// For measuring. More than one: `files` must be safe to use from several threads.
  unsigned threads{1};
  ImportOptions import{};  // not in qmail's dialect
};

struct Snapshot {
  MessageTable messages;
  IdTable ids;
};

Result<Snapshot> take_snapshot(System& system, int maildir, const SnapshotOptions& options);

}  // namespace lbx::pop3d
