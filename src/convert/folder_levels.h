// SPDX-License-Identifier: MIT
// Which folder a mailbox belongs to, by its path: what mail programs wrap theirs in is taken away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lbx::convert {

/// Levels of the folder for the messages in the directory `path`. `X.sbd` (Thunderbird) and
/// `X.mbox` (Apple) are the folder X; what Apple has below the latter is no level.
std::vector<std::string> levels_of_directory(std::string_view path);

/// The same for a mailbox file: its name without `.mbox` and the ending of a compression is one
/// more level, but for `X.mbox/mbox` (Apple), `X.mbox/X.mbox` (Mailman) and pipermail's months.
std::vector<std::string> levels_of_mailbox(std::string_view path);

/// `path` without what says nothing of folders: `Takeout/Mail/`, and what lies before the folders
/// of a Thunderbird account.
std::string_view without_wrapping(std::string_view path);

/// For pipermail's files ("2001-May.txt.gz", "2001q2.txt", "Week-of-Mon-20010507.txt"): what sorts
/// them by date. Empty for any other name.
std::string pipermail_date(std::string_view name);

}  // namespace lbx::convert
