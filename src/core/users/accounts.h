// SPDX-License-Identifier: MIT
// Who delivers for a local part, as far as accounts go: the one whose name it begins with, and what
// is left for its .qmail files (CONTRACT 1.3, the algorithm of qmail-getpw).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx::users {

/// Octets of an account name at most, plus one: longer prefixes are not even tried.
inline constexpr std::size_t kMaxAccountName = 32;

struct Account {
  std::string name;
  uid_t uid;
  gid_t gid;
  std::string home;
};

/// The account database, as narrow as it gets, so that tests bring their own.
class Accounts {
 public:
  virtual ~Accounts() = default;
  /// Nothing where there is no such account; an error (Retry::Later) where nobody can tell now.
  virtual Result<std::optional<Account>> by_name(const std::string& name) = 0;
};

/// passwd(5) and whatever else nsswitch.conf names.
class SystemAccounts final : public Accounts {
 public:
  Result<std::optional<Account>> by_name(const std::string& name) override;
  /// Those that getpwent(3) lists, at most `limit`. Not for two threads at once.
  static std::vector<Account> all(std::size_t limit);
};

/// Whether mail can be for this account: root's goes to the alias user, and so does that of
/// accounts which do not own their home. An error where nobody can tell now.
Result<bool> may_receive(FileOps& files, const Account& account);

/// Whoever answers for an address, and with which files.
struct Controller {
  Account account;
  std::string dash;
  std::string ext;
};

/// The error of find_controller() where there is no alias user, word for word (CONTRACT 1.2).
inline constexpr std::string_view kNoAliasUser = "Unable to find alias user!";

struct LookupRules {
  std::string delimiters{"-"};  // each of them ends a user's name; see delimiters.h
  std::string alias_user{"alias"};
};

/// What `local` leaves for the .qmail files of `account`, if it is that name, in any case, followed
/// by one of the delimiters.
std::optional<std::string> extension_of(std::string_view local, std::string_view account,
                                        std::string_view delimiters = "-");

/// Prefixes of `local` from the longest to the shortest, each the whole or followed by a delimiter,
/// in lower case; accounts of root and those that do not own their home do not count.
/// Where none fits, the alias user has it all. No alias user: an error, Retry::Later.
Result<Controller> find_controller(Accounts& accounts, FileOps& files, std::string_view local,
                                   const LookupRules& rules = {});

}  // namespace lbx::users
