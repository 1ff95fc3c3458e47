// SPDX-License-Identifier: MIT
// Maildirs into a Maildir: with folders, flags, times, names, keywords and the ids that IMAP and
// POP3 clients know, in the files of the server that the source has or of another one. A message
// that the folder has already, octet for octet, is passed over: a second run adds nothing, and an
// interrupted one goes on. No message can be seen before it is whole and durable; a target that did
// not exist appears when all of it is, and so does a folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "convert/folder_notes.h"
#include "core/base/system.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

/// Messages that are made durable and visible together.
inline constexpr std::size_t kCopyBatch = 4096;
inline constexpr std::uint64_t kCopyBatchOctets = std::uint64_t{256} * 1024 * 1024;

struct CopyOptions {
  enum class Into {
    New,       // the target must not exist; its parent must
    Existing,  // the target must be a Maildir
  };
  std::vector<std::string> sources;
  std::string target;
  Into into{Into::New};
  std::optional<ServerKind> server{};  // whose files to make; that of the source
  bool any_folder{false};              // a message that any folder of the target has is passed over
  bool dry_run{false};
};

struct CopiedFolder {
  std::string source;
  std::string folder;         // its directory; "" for the inbox
  std::uint64_t messages{0};  // in the source
  std::uint64_t added{0};
  std::uint64_t octets{0};         // of these
  std::uint64_t known{0};          // the target had them
  std::uint64_t renamed{0};        // their name was taken: clients may take them for new ones
  std::uint64_t vanished{0};       // another program removed them meanwhile
  std::uint64_t keywords_lost{0};  // letters for which the target has no room
  bool uids_kept{false};           // a list of IMAP's numbers was made
};

/// After an error, what was visible before is, and perhaps some of what was to come.
Result<std::vector<CopiedFolder>> copy_maildirs(System& system, LockOps& locks,
                                                const CopyOptions& options);

}  // namespace lbx::convert
