// SPDX-License-Identifier: MIT
// `letterbox user`: the accounts of the account file. See letterbox-user(1).
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/system.h"
#include "service/auth/account_file.h"

namespace lbx::admin {

/// What `letterbox user add` is told beside the name.
struct NewUser {
  std::string owner{"self"};  // or a user's name, or UID/GID
  std::string home;           // empty: below mail/ of the mail home
  std::string maildir{"Maildir/"};
  std::optional<std::uint64_t> quota;
  bool disabled{false};
  bool tls_only{false};
};

/// Adds it. An empty `password` makes an account that no password opens.
Result<auth::Record> add_user(System& system, const std::string& mail_home, const std::string& name,
                              const NewUser& what, const std::string& password);
/// Errors: there is no such account.
Result<void> set_password(System& system, const std::string& mail_home, const std::string& name,
                          const std::string& password);
Result<void> set_disabled(System& system, const std::string& mail_home, const std::string& name,
                          bool disabled);
/// Whether every login needs TLS.
Result<void> set_tls_only(System& system, const std::string& mail_home, const std::string& name,
                          bool tls_only);
/// Mail stays where it is.
Result<void> remove_user(System& system, const std::string& mail_home, const std::string& name);

}  // namespace lbx::admin
