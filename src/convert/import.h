// SPDX-License-Identifier: MIT
// Messages of any sources into one Maildir, safely: built out of sight (staging.h), verified there
// if asked for, then published; with a record (import_record.h), so that a second run adds only
// what is new and an interrupted one goes on where it was, without a message lost or twice.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "convert/conversion.h"
#include "convert/folder_state.h"
#include "core/base/system.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

/// What is built is made durable so often, and an interrupted run begins again there.
inline constexpr std::size_t kCheckpointMessages = 65'536;
inline constexpr std::uint64_t kCheckpointOctets = std::uint64_t{512} * 1024 * 1024;

struct ImportOptions {
  std::string target;       // a Maildir, made where it is missing; its parent must exist
  std::string fingerprint;  // of what else decides what becomes of a message; graphic ASCII
  unsigned writers{2};      // threads
  std::size_t checkpoint_messages{kCheckpointMessages};
  bool dry_run{false};            // nothing is made, only counted
  bool verify{false};             // read everything again before it is published
  bool remove_sources{false};     // after they were verified and all is durable
  bool utf8_names{false};         // of folders, instead of modified UTF-7
  FolderKeeper* keeper{nullptr};  // of the folders' own files; must outlive the import
};

struct SourceSummary {
  std::string name;
  std::uint64_t added{0};
  std::uint64_t octets{0};  // of these
  std::uint64_t known{0};   // imported before, in this run's sight
  std::uint64_t failed{0};  // could not be read
  bool broke_off{false};    // what came after could not be read either
  bool removed{false};
  Findings findings;
};

/// Over all sources.
struct FolderSummary {
  FolderName name;
  std::uint64_t added{0};  // by this run
  std::uint64_t known{0};  // passed over, since they were imported before
  std::uint64_t failed{0};
  std::uint64_t octets{0};  // of those that were added
};

struct ImportSummary {
  std::vector<SourceSummary> sources;
  std::vector<FolderSummary> folders;  // in order of their names, the inbox first
  std::uint64_t added{0};              // now in the Maildir that were not before this import
  std::uint64_t resumed{0};            // of these, built by runs that were interrupted
  std::uint64_t octets{0};             // built by this run
  std::uint64_t failed{0};             // messages, and sources that broke off
  std::uint64_t doubts{0};
  std::uint64_t verified{0};
};

/// Who is told of each message and source that could not be read; the import goes on.
using OnError = std::function<void(const std::string& what)>;

/// After an error nothing of this import can be seen in the target, unless the error came while it
/// was published: then the next run publishes the rest. An error, Retry::Later, too where a source
/// changed while it was read, which undoes what was built, and where `progress` wants it to stop.
Result<ImportSummary> import(System& system, LockOps& locks,
                             const std::vector<std::unique_ptr<Source>>& sources,
                             const ImportOptions& options, Progress& progress,
                             const OnError& on_error);

}  // namespace lbx::convert
