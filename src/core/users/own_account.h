// SPDX-License-Identifier: MIT
// The account of a user id, for programs that are linked statically and so cannot load the name
// services that nsswitch.conf names: getent(1) is asked.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "core/base/system.h"
#include "core/users/accounts.h"

namespace lbx::users {

/// Octets of a line of passwd(5) at most.
inline constexpr std::size_t kMaxPasswdLine = std::size_t{64} * 1024;

/// A line of passwd(5), with or without its newline; nothing where it is none.
std::optional<Account> parse_passwd_line(std::string_view line);

/// Nothing where there is no such account; an error (Retry::Later) where nobody can tell now.
Result<std::optional<Account>> account_of_uid(System& system, uid_t uid);

}  // namespace lbx::users
