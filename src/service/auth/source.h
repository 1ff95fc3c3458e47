// SPDX-License-Identifier: MIT
// Where accounts come from: the account file, PAM, a checkpassword program. Sources are asked in
// the order of the setting `authsources`, from several threads at once.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "service/auth/account.h"
#include "service/auth/scram_keys.h"

namespace lbx::auth {

/// Who wants to log in: from where, and with which service ("pop3", "smtp").
struct Client {
  std::string protocol;
  std::string address;  // of an IP address, or empty
  bool tls{false};
};

/// A name, as typed and as prepare.h makes it, and a password as that makes it; nothing where it
/// refuses them. System accounts may have capital letters.
struct Login {
  std::string raw_name;
  std::optional<std::string> name;
  std::optional<std::string> password;
  Client client;
};

class Source {
 public:
  virtual ~Source() = default;

  /// Nothing where the name is not known here, or may not be: then the next source is asked.
  virtual std::optional<Verdict> check(const Login& login) = 0;
  /// The account of somebody who has proved who he is already; nothing as above.
  virtual std::optional<Verdict> account(const std::string& name, const Client& client) = 0;
  /// Nothing where the name has no such keys here, or may not log in.
  virtual Result<std::optional<ScramKeys>> scram_keys(const std::string& name) = 0;
  /// What decoy keys are made from; empty where nobody has keys here.
  virtual Result<std::string> scram_secret() = 0;
};

}  // namespace lbx::auth
