// SPDX-License-Identifier: MIT
// mbox files into one Maildir: `letterbox-convert mbox2maildir`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "convert/expand.h"
#include "convert/mbox_source.h"
#include "core/base/system.h"

namespace lbx::convert {

struct ToMaildirOptions {
  std::vector<std::string> sources;
  std::string maildir;  // made where it is missing
  MboxSource::Options reading{{}, kMaxExpanded, false};
};

/// What became of one source.
struct SourceReport {
  std::string path;
  std::uint64_t messages{0};
  std::uint64_t pseudo_messages{0};
  std::uint64_t skipped_deleted{0};
  std::uint64_t unquoted_lines{0};
  MboxDialect dialect{MboxDialect::Mboxrd};
  bool dialect_certain{false};
  std::uint64_t doubts{0};
  std::vector<std::string> warnings;  // "PATH:LINE: what"; at most kMaxKeptWarnings and a last one
  std::string line() const;           // all of it but the warnings, for a person
};

struct ToMaildirReport {
  std::vector<SourceReport> sources;
  std::uint64_t messages{0};
  std::uint64_t doubts{0};
};

/// All sources are opened and looked at before anything is made: where one is no mbox, or damaged,
/// nothing is, and the error is Retry::Never. After an error later on, whole messages of what went
/// before may be there; its text says how many.
Result<ToMaildirReport> mbox_to_maildir(System& system, LockOps& locks,
                                        const ToMaildirOptions& options, Progress& progress);

}  // namespace lbx::convert
