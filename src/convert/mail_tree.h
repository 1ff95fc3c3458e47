// SPDX-License-Identifier: MIT
// What mail lies below a path, in whatever form, and which folder each piece belongs to. Nothing is
// changed and nothing but the beginning of each file is read. Symbolic links are not followed, but
// for the paths themselves.
//
// A path that is a file is the inbox; below a path that is a directory, each mailbox is the folder
// that its path below says (folder_levels.h), and messages that are files belong to the folder that
// is their directory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "convert/message_files_source.h"
#include "core/base/system.h"

namespace lbx::convert {

/// Directories within each other, and files in all, at most.
inline constexpr int kMaxTreeDepth = 64;
inline constexpr std::size_t kMaxTreeFiles = 4'000'000;
/// Names of files without mail that are told.
inline constexpr std::size_t kMaxToldFiles = 100;

struct FoundMail {
  enum class Kind { Mailbox, Messages, Archive };
  Kind kind;
  std::string path;                 // of the file, or of the directory with the messages
  std::vector<std::string> levels;  // of the folder; none: the inbox
  std::uint64_t size{0};
  std::vector<MessageFile> messages{};
  bool single{false};  // that one message, which the user named
};

struct MailTree {
  std::vector<FoundMail> found;
  std::vector<std::string> unreadable;  // mail in a form that cannot be read, or no permission
  std::uint64_t passed_over{0};         // files without mail
  std::vector<std::string> told;        // the first of them
};

/// Looks at each of `paths`. `target`, a Maildir, and what lies in it is left out. An error,
/// Retry::Never, where one of the paths itself is no mail, or nothing is below it.
Result<MailTree> find_mail(System& system, const std::vector<std::string>& paths,
                           const std::string& target);

}  // namespace lbx::convert
