// SPDX-License-Identifier: MIT
// What is wrong with a Maildir and its folders, and mending what can be mended without a risk: no
// message is ever removed, and only names and what is missing change. See letterbox-maildir(1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/system.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

enum class MaildirProblem {
  MissingDirectory,   // no tmp, new or cur
  MissingFolderMark,  // a folder without maildirfolder
  StaleTmp,           // nobody has touched it for kStaleTmpSeconds
  WrongSize,          // ",S=" or ",W=" is not what the file has
  DuplicateName,      // two messages with one base name
  NoInfo,             // in cur/ without ":2,"
  Unreadable,         // cannot be opened, or is no file
  BadName,            // no name of a message
  Permissions,        // its owner cannot use it, or all others can
  Owner,              // another one than the Maildir's
  Quota,              // maildirsize is torn, or not what lies there
};
inline constexpr std::size_t kMaildirProblems = 11;
/// "stale-tmp" and the like.
std::string_view to_string(MaildirProblem problem);

struct MaildirFinding {
  MaildirProblem problem;
  std::string path;  // below the Maildir; "." is the Maildir itself
  std::string detail;
  std::string remedy{};  // what mends it; empty where only people can
  bool mended{false};
  std::string failure{};  // why it could not be mended
};

struct MaildirReport {
  std::uint64_t folders{0};  // the inbox is one
  std::uint64_t messages{0};
  std::vector<MaildirFinding> findings;
};

enum class Mend { No, Yes };

/// Looks at the Maildir `path`. Other programs may use it meanwhile: what they move is no finding.
/// An error: `path` is no directory, or it cannot be read.
Result<MaildirReport> check_maildir(System& system, LockOps& locks, const std::string& path,
                                    Mend mend);

}  // namespace lbx::convert
