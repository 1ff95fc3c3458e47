// SPDX-License-Identifier: MIT
// users/assign, the administrator's list of who delivers for which local part, and users/cdb, what
// qmail-newu makes of it (CONTRACT 1.4). See qmail-users(5).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/users/accounts.h"
#include "core/users/constant_database.h"

namespace lbx::users {

/// Octets of users/assign at most.
inline constexpr std::size_t kMaxAssignOctets = std::size_t{256} * 1024 * 1024;

/// The records of users/cdb for a text of users/assign, byte for byte qmail-newu's, but for the
/// letters of the index: they are lower case, as the look-up is (CONTRACT 8, quirk 33). An error,
/// Retry::Later, names the line.
Result<std::vector<Record>> compile_assignments(std::string_view text);

struct Assignment {
  std::string line;  // what the line of users/assign begins with: "=joe", "+joe-", in lower case
  Controller controller;
};

/// The look-up in users/cdb. Every error is Retry::Later.
class Assignments {
 public:
  static Result<Assignments> from(std::string_view cdb);

  /// The exact line of `local`, else the wildcard with the longest beginning of it, "+:" last; a
  /// beginning that ends in one of `delimiters` stands for those with any other of them too. A
  /// user id of 0, or none, is passed on as 0.
  Result<std::optional<Assignment>> find(std::string_view local, std::string_view delimiters) const;

 private:
  Assignments(ConstantDatabase cdb, std::string index);
  Result<std::optional<Assignment>> wildcard(const std::string& prefix,
                                             std::string_view rest) const;
  bool in_index(char last) const { return index_.find(last) != std::string::npos; }

  ConstantDatabase cdb_;
  std::string index_;  // the last octets of all wildcards, in lower case
};

}  // namespace lbx::users
