// SPDX-License-Identifier: MIT
// Who has been let in, as every source of accounts says it, and what it says instead.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace lbx::auth {

/// The system user that mail belongs to.
struct Owner {
  uid_t uid;
  gid_t gid;
  bool operator==(const Owner&) const = default;
};

struct Account {
  std::string name;
  std::optional<Owner> owner;  // nothing: whoever runs the mail system (single-user mode)
  std::string home;
  std::string maildir;                 // absolute
  std::optional<std::uint64_t> quota;  // octets
  bool tls_only{false};                // nobody gets in as it without TLS
  bool operator==(const Account&) const = default;
};

/// Why somebody was not let in.
enum class FailureKind {
  Credentials,  // no such user, not the password, an account that is disabled: nobody is told which
  Temporary,    // nobody can tell now
  Malformed,    // what the client said is no message of this mechanism
  NotOffered,   // there is no such mechanism here, or not without encryption
};

struct Failure {
  FailureKind kind;
  std::string why;  // for our log, never for a peer
};

using Verdict = std::variant<Account, Failure>;

}  // namespace lbx::auth
