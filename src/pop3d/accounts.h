// SPDX-License-Identifier: MIT
// Who may open which maildrop: what a session in the AUTHORIZATION state asks.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "pop3d/maildrop.h"
#include "pop3d/refusal.h"
#include "pop3d/sasl.h"

namespace lbx::pop3d {

struct Credentials {
  std::string user;
  std::string secret;  // the password; with APOP the digest
  bool apop{false};
};

/// The outcome comes later, through Session::answer().
struct Awaited {};

using LoginOutcome = std::variant<std::unique_ptr<Maildrop>, Refusal, Awaited>;

class Accounts {
 public:
  virtual ~Accounts() = default;
  virtual LoginOutcome log_in(const Credentials& credentials) = 0;

  /// Begins an exchange with a mechanism of Settings::mechanisms; none where that cannot be done
  /// now.
  virtual std::unique_ptr<SaslExchange> begin_sasl(std::string_view mechanism);
  /// The maildrop of an account that an exchange has let in.
  virtual LoginOutcome open(const std::string& account);

  /// A proxy says by XCLIENT that it speaks for `address`. False: it is not believed.
  virtual bool speaks_for(const std::string& address);
};

}  // namespace lbx::pop3d
