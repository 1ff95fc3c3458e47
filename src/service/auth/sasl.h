// SPDX-License-Identifier: MIT
// The server's side of a SASL exchange (RFC 4422), octets in and octets out; base64 and the words
// around it are the protocol's. PLAIN, EXTERNAL and SCRAM-SHA-256(-PLUS) come from libgsasl. LOGIN
// is our own, because libgsasl's ignores the name that many clients send with the command; so are
// OAUTHBEARER and XOAUTH2, which it has not.
//
// Nobody becomes somebody else: an authorization identity must be empty or the name of whoever
// logs in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.h"
#include "service/auth/account.h"
#include "service/auth/offer.h"
#include "service/auth/scram_keys.h"

namespace lbx::auth {

/// Octets of a client's message at most: a token and what stands around it.
inline constexpr std::size_t kMaxSaslMessage = 12'288;
/// Messages of a client in one exchange at most.
inline constexpr int kMaxSaslSteps = 8;

/// What decides. A name is given as the client sent it.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Verdict check_password(const std::string& name, const std::string& password) = 0;
  /// Decoy keys for a user that there is not.
  virtual Result<ScramKeys> scram_keys(const std::string& name) = 0;
  virtual Verdict check_token(const std::string& mechanism, const std::string& name,
                              const std::string& token) = 0;
  /// The account of somebody who has proved who he is.
  virtual Verdict account(const std::string& name) = 0;
};

struct Challenge {
  std::string bytes;
};
struct Success {
  Account account;
  std::string authzid;  // what the client asked to be; the name itself, or empty, if nothing
};
using SaslStep = std::variant<Challenge, Success, Failure>;

class SaslServer {
 public:
  virtual ~SaslServer() = default;

  /// Whether it is offered is the caller's to ask (offer.h). `backend` must outlive it.
  /// Retry::Never where there is no such mechanism. Names of mechanisms are of any case.
  static Result<std::unique_ptr<SaslServer>> start(const std::string& mechanism, Backend& backend,
                                                   const Connection& connection);

  /// What the client sends. Nothing, in the first step only, means that the command came without
  /// an initial response. After Success or Failure the exchange is over.
  SaslStep step(std::optional<std::string_view> message);

  /// Who tries to log in, as far as is known, for limits and for the log.
  const std::string& name() const { return name_; }

 protected:
  virtual SaslStep answer(std::string_view message) = 0;
  /// What a client hears that sends no initial response.
  virtual std::string greeting() const { return ""; }
  void set_name(const std::string& name) { name_ = name; }

 private:
  std::string name_;
  int steps_{0};
};

}  // namespace lbx::auth
