// SPDX-License-Identifier: MIT
// A Maildir as a directory: making one and the folders in it (Maildir++), opening one, listing its
// messages, clearing what crashed deliveries left. See maildir(5).
#pragma once

#include <cstdint>
#include <optional>
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

/// The file in a folder of a Maildir that says that it is one (Maildir++).
inline constexpr const char* kFolderMark = "maildirfolder";

/// Whether a name in a Maildir is one of a folder: a dot, and something after it that climbs
/// nowhere.
bool is_folder_name(std::string_view name);

/// The folders of the Maildir `path` below `dir`: their directories' names, in order. One that is a
/// symbolic link is another mailbox, and none of them.
Result<std::vector<std::string>> list_folders(FileOps& files, int dir, const std::string& path);

/// The last part of a path, without the slashes at its end.
std::string_view last_part(std::string_view path);

/// The same for a folder of a Maildir, "Maildir/.Folder": it gets the file maildirfolder too, which
/// says that its quota is that of the Maildir around it. That Maildir must exist.
Result<void> create_folder(System& system, int dir, const std::string& path);

/// Whether `path` would be a folder of a Maildir that exists.
bool is_folder_place(FileOps& files, int dir, const std::string& path);

/// One message file. What its name says of sizes is a hint only.
struct MaildirEntry {
  MaildirPlace::Folder folder;
  MessageFileName name;
  std::string path() const;  // below the Maildir: "new/NAME" or "cur/NAME:2,FLAGS"
};

/// Every message of new/ and cur/, in no order. Names that begin with a dot and directories are no
/// messages. A message that another program moves meanwhile may be missing or come twice.
Result<std::vector<MaildirEntry>> scan_maildir(FileOps& files, int maildir);

/// The path of a message in new/ or cur/ whose name was made with this random part: new/ is looked
/// at first, since readers move messages the other way.
Result<std::optional<std::string>> find_message(FileOps& files, int maildir, std::uint64_t random);

/// Whether nobody has been here with this random part: notes it by an empty file in tmp/, which
/// goes with everything else that is old there. False too where that cannot be known. So
/// find_message() reads large directories only for what has been tried before. A loss of power may
/// take the note and leave the message where a file system does not keep the order of names.
bool is_first_attempt(FileOps& files, int maildir, std::uint64_t random);

/// Removes what has lain untouched in tmp/ for kStaleTmpSeconds. Best effort: what cannot be
/// removed stays.
void clear_stale_tmp(FileOps& files, int maildir, Instant now);

}  // namespace lbx
