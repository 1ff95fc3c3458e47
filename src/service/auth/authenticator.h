// SPDX-License-Identifier: MIT
// The sources of accounts together: what decides about a login. Each is asked in turn until one
// knows the name. Used by several threads at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/system.h"
#include "core/control/control_directory.h"
#include "core/users/accounts.h"
#include "service/auth/offer.h"
#include "service/auth/program_source.h"
#include "service/auth/sasl.h"
#include "service/auth/source.h"

namespace lbx::auth {

class Authenticator {
 public:
  /// As the settings `authsources`, `tokenprogram`, `plaintextlogin` and `authtimeout` say. `self`
  /// is the path of letterbox-authd; no more than `helpers` programs run at once.
  static Result<std::unique_ptr<Authenticator>> open(System& system, users::Accounts& accounts,
                                                     const control::ControlDirectory& control,
                                                     const std::string& self, int helpers);

  /// With these sources, all of them our own; of the settings `plaintextlogin` counts.
  static Result<std::unique_ptr<Authenticator>> over(System& system,
                                                     const control::ControlDirectory& control,
                                                     std::vector<std::unique_ptr<Source>> sources);

  std::vector<std::string> offer(const Connection& connection);
  /// Whether any source is another program, or PAM.
  bool runs_programs() const { return runs_programs_; }

  Verdict check_password(const std::string& name, const std::string& password,
                         const Client& client);
  Result<ScramKeys> scram_keys(const std::string& name);
  Verdict check_token(const std::string& mechanism, const std::string& name,
                      const std::string& token, const Client& client);
  Verdict account(const std::string& name, const Client& client);

 private:
  Authenticator(System& system, int helpers) : system_{system}, gate_{helpers} {}
  Result<void> add_source(users::Accounts& accounts, const std::string& line,
                          const std::string& mail_home);
  std::string scram_secret();

  System& system_;
  Gate gate_;
  HelperRules rules_{{}, {}, gate_};
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::string> token_program_;
  PlaintextPolicy policy_{PlaintextPolicy::TlsOrLoopback};
  bool runs_programs_{false};
};

/// The authenticator for one client, who may have to use TLS.
class ClientBackend final : public Backend {
 public:
  ClientBackend(Authenticator& authenticator, Client client)
      : authenticator_{authenticator}, client_{std::move(client)} {}
  Verdict check_password(const std::string& name, const std::string& password) override {
    return allowed(authenticator_.check_password(name, password, client_));
  }
  Result<ScramKeys> scram_keys(const std::string& name) override {
    return authenticator_.scram_keys(name);
  }
  Verdict check_token(const std::string& mechanism, const std::string& name,
                      const std::string& token) override {
    return allowed(authenticator_.check_token(mechanism, name, token, client_));
  }
  Verdict account(const std::string& name) override {
    return allowed(authenticator_.account(name, client_));
  }

 private:
  Verdict allowed(Verdict verdict) const;

  Authenticator& authenticator_;
  Client client_;
};

}  // namespace lbx::auth
