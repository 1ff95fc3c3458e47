// SPDX-License-Identifier: MIT
// A passwd(5) file as lines for users/assign: the work of qmail-pw2u (CONTRACT 1.4).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx::inject {

/// Octets of the account list, and of each file that changes it, at most.
inline constexpr std::size_t kMaxPasswdOctets = std::size_t{256} * 1024 * 1024;

/// Which accounts count by their homes.
enum class HomeRule {
  Owned,      // those that own their home; the others are passed over (-o)
  MustExist,  // the same, but a missing home is an error (-h)
  Ignore,     // all: homes are not looked at (-H)
};

struct PasswdRules {
  HomeRule homes{HomeRule::Owned};
  bool upper_case{false};                    // names with capitals count too (-u)
  std::string dash{"-"};                     // "-/" with -/
  std::optional<char> break_character{'-'};  // of wildcards (-c); nothing: there are none (-C)
  std::string alias_user{"alias"};
};

/// The texts of the files in users/; one that is missing is nothing.
struct PasswdLists {
  std::optional<std::string> include;
  std::optional<std::string> exclude;
  std::optional<std::string> mailnames;
  std::optional<std::string> subusers;
  std::optional<std::string> append;
};

/// From the directory users/ of the mail home.
Result<PasswdLists> read_passwd_lists(FileOps& files, const std::string& mail_home);

/// The text of users/assign, with its last line. Lines of `passwd` that are no accounts, accounts
/// of root, and those that the rules and lists leave out are passed over. No alias user, or a
/// subuser of nobody: an error, Retry::Later.
Result<std::string> assignments_of(FileOps& files, std::string_view passwd,
                                   const PasswdRules& rules, const PasswdLists& lists);

}  // namespace lbx::inject
