// SPDX-License-Identifier: MIT
// `letterbox check`: every user's .qmail files, looked at for what would make mail wait, bounce or
// go round in circles. Nothing is delivered, no program is run, nothing is changed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "admin/site.h"
#include "core/base/result.h"

namespace lbx::admin {

/// Users that are looked at, at most.
inline constexpr std::size_t kMaxCheckedUsers = 100'000;
/// Files whose name begins with .qmail that are looked at in one home, at most.
inline constexpr std::size_t kMaxFilesOfUser = 50'000;
/// Findings that are kept, at most.
inline constexpr std::size_t kMaxFindings = 10'000;

enum class Problem {
  Address,     // a forward to what is no address, or nobody's
  Assignment,  // users/assign or users/cdb
  Home,        // a home directory that delivery would not enter
  Irregular,   // a .qmail that is no regular file
  Limit,       // the check has not seen everything
  Loop,        // forwards that lead back to where they began
  Maildir,     // a Maildir that cannot be delivered to
  Mbox,        // an mbox that cannot
  Mistake,     // a line that makes mail wait
  Program,     // a program that is not there
  Unreadable,
  Unsafe,  // everybody may write to it
};
/// "address", "assignment", …: the name in lower case.
std::string problem_word(Problem problem);

struct Finding {
  Problem problem;
  std::string user;
  std::string place;    // the path of the file or directory
  std::size_t line{0};  // 0: all of it
  std::string text;
};

struct CheckOptions {
  std::optional<std::string> user;  // this one alone
  std::optional<std::string> home;  // this directory alone
  bool json{false};
};

struct CheckReport {
  std::size_t users{0};
  std::size_t files{0};
  std::vector<Finding> findings;
};

/// `accounts` are those whose homes are looked at, besides the users of users/assign. An error is
/// a question that cannot be answered; whatever is wrong at the site is a finding.
Result<CheckReport> check(const Site& site, const CheckOptions& options,
                          const std::vector<users::Account>& accounts);

/// For people, a line each; and for programs, as one JSON object. Both end with a newline.
std::string to_text(const CheckReport& report);
std::string to_json(const CheckReport& report);

}  // namespace lbx::admin
