// SPDX-License-Identifier: MIT
// A look through the folders of a Maildir: every message, in the order of their times, with its
// size. Only what neither an index nor a name tells is opened and read: in the order of the inodes,
// on several threads where there is much.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"
#include "pop3d/dialect.h"
#include "pop3d/found_messages.h"
#include "pop3d/index_file.h"

namespace lbx::pop3d {

struct ScanOptions {
  Dialect dialect{Dialect::Letterbox};
  /// Believe names, in sizes if `trust_names` and in times. Without: everything is measured.
  bool use_names{true};
  bool trust_names{true};
  /// For measuring. More than one: `files` must be safe to use from several threads.
  unsigned threads{1};
};

struct Scan {
  FoundMessages messages;
  std::vector<std::int64_t> times;  // one for each message: nanoseconds since 1970
  std::size_t measured{0};          // messages that were opened and read
  std::size_t unlike_index{0};      // new, renamed and gone ones
};

/// Names that begin with a dot, directories, and what is no regular file are no messages. Messages
/// that others rename meanwhile are looked for once more. `index`: what is known, or null.
Result<Scan> scan_folders(System& system, int maildir, const ScanOptions& options,
                          const IndexFile* index);

/// Whether an error of a message file means that it is not where it was.
bool is_missing(const Error& error);

}  // namespace lbx::pop3d
