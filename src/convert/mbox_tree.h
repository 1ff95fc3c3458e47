// SPDX-License-Identifier: MIT
// Where the folders of a Maildir go in a tree of mbox files.
#pragma once

#include <string>
#include <string_view>

#include "core/maildir/folder_name.h"

namespace lbx::convert {

enum class MboxLayout {
  Directories,  // A.mbox, and what lies below it in A/
  Thunderbird,  // A, and what lies below it in A.sbd/
};

/// The path of a folder's mbox below the tree's directory, in UTF-8; the inbox is INBOX.mbox or
/// Inbox. Never absolute, and never climbing; different for different folders, unless one's name is
/// in modified UTF-7 and the other's the same in UTF-8. What a file name should not hold is written
/// %XX, and a level that is too long for one stays in modified UTF-7.
std::string mbox_path(MboxLayout layout, const FolderName& folder);

/// The name of a level of which that is the name of a file or directory: each %XX that mbox_path()
/// would have written is the octet again; others stay.
std::string level_of_file(std::string_view name);

}  // namespace lbx::convert
