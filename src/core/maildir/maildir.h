// SPDX-License-Identifier: MIT
// A Maildir as a directory: making one, opening one, listing its messages, clearing what crashed
// deliveries left. See maildir(5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/maildir/unique_name.h"
#include "core/maildir/writer.h"

namespace lbx {

/// Files in tmp/ that nobody has touched for so long belong to deliveries that died (maildir(5)).
inline constexpr std::int64_t kStaleTmpSeconds = std::int64_t{36} * 3600;

/// A directory descriptor for the Maildir at `path` below `dir`. That it has new/ and cur/ is not
/// looked at: a missing one shows when it is used.
Result<UniqueFd> open_maildir(FileOps& files, int dir, const std::string& path);

/// Makes the Maildir `path` below `dir`: tmp/, new/ and cur/, mode 0700, under a private name that
/// is then renamed, so that nobody ever meets half a Maildir (DESIGN section 6). The parent must
/// exist; its directory is synced. Where `path` has come to exist meanwhile, as a directory, that
/// is success: somebody was faster. A crash leaves nothing, or a directory `.NAME.<unique>`.
Result<void> create_maildir(System& system, int dir, const std::string& path);

/// One message file. What its name says of sizes is a hint only.
struct MaildirEntry {
  MaildirPlace::Folder folder;
  MessageFileName name;
  std::string path() const;  // below the Maildir: "new/NAME" or "cur/NAME:2,FLAGS"
};

/// Every message of new/ and cur/, in no order. Names that begin with a dot and directories are no
/// messages. A message that another program moves meanwhile may be missing or come twice.
Result<std::vector<MaildirEntry>> scan_maildir(FileOps& files, int maildir);

/// Removes what has lain untouched in tmp/ for kStaleTmpSeconds. Best effort: what cannot be
/// removed stays.
void clear_stale_tmp(FileOps& files, int maildir, Instant now);

}  // namespace lbx
