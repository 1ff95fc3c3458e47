// SPDX-License-Identifier: MIT
// Who may open which maildrop: what a session in the AUTHORIZATION state asks.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "pop3d/maildrop.h"

namespace lbx::pop3d {

struct Credentials {
  std::string user;
  std::string secret;  // the password; with APOP the digest
  bool apop{false};
};

enum class Refusal {
  Credentials,  // no such user or not the password: nobody is told which
  Later,        // the maildrop or the accounts cannot be read now
  HandedOver,   // another program carries on with the peer; this session is over
};

class Accounts {
 public:
  virtual ~Accounts() = default;
  virtual std::variant<std::unique_ptr<Maildrop>, Refusal> log_in(
      const Credentials& credentials) = 0;
};

}  // namespace lbx::pop3d
