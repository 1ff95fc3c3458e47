// SPDX-License-Identifier: MIT
#include "service/auth/sasl.h"

#include <algorithm>
#include <array>

#include "service/auth/gsasl_server.h"
#include "service/auth/oauth.h"
#include "service/auth/prepare.h"

namespace lbx::auth {
namespace {

Failure malformed(std::string why) {
  return {FailureKind::Malformed, std::move(why)};
}

SaslStep outcome(Verdict verdict, std::string authzid = "") {
  if (auto* const failure = std::get_if<Failure>(&verdict)) return std::move(*failure);
  return Success{std::get<Account>(std::move(verdict)), std::move(authzid)};
}

/// Two questions, as draft-murchison-sasl-login has them.
class LoginServer final : public SaslServer {
 public:
  explicit LoginServer(Backend& backend) : backend_{backend} {}

 protected:
  std::string greeting() const override { return "Username:"; }
  SaslStep answer(std::string_view message) override {
    if (!user_) {
      user_ = std::string{message};
      set_name(*user_);
      return Challenge{"Password:"};
    }
    std::string password{message};
    SaslStep step = outcome(backend_.check_password(*user_, password));
    wipe(password);
    return step;
  }

 private:
  Backend& backend_;
  std::optional<std::string> user_;
};

/// OAUTHBEARER and XOAUTH2: one message; after a failure the client gets a challenge that says why,
/// and what it answers does not matter (RFC 7628 section 3.2.3).
class TokenServer final : public SaslServer {
 public:
  TokenServer(std::string mechanism, Backend& backend)
      : mechanism_{std::move(mechanism)}, backend_{backend} {}

 protected:
  SaslStep answer(std::string_view message) override {
    if (failed_) return *failed_;
    const bool bearer = mechanism_ == "OAUTHBEARER";
    const Result<TokenMessage> parsed =
        bearer ? parse_oauthbearer(message) : parse_xoauth2(message);
    if (!parsed) return malformed(parsed.error().what);
    set_name(parsed->name);
    Verdict verdict = backend_.check_token(mechanism_, parsed->name, parsed->token);
    if (auto* const failure = std::get_if<Failure>(&verdict);
        failure != nullptr && failure->kind == FailureKind::Credentials) {
      failed_ = std::move(*failure);
      return Challenge{bearer ? R"({"status":"invalid_token"})"
                              : R"({"status":"401","schemes":"bearer","scope":""})"};
    }
    return outcome(std::move(verdict), parsed->name);
  }

 private:
  std::string mechanism_;
  Backend& backend_;
  std::optional<Failure> failed_;
};

}  // namespace

Result<std::unique_ptr<SaslServer>> SaslServer::start(const std::string& mechanism,
                                                      Backend& backend,
                                                      const Connection& connection) {
  std::string upper = mechanism;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  using Made = std::unique_ptr<SaslServer>;
  if (upper == "LOGIN") return Made{std::make_unique<LoginServer>(backend)};
  if (upper == "OAUTHBEARER" || upper == "XOAUTH2") {
    return Made{std::make_unique<TokenServer>(upper, backend)};
  }
  constexpr std::array<std::string_view, 4> kByGsasl{"EXTERNAL", "PLAIN", "SCRAM-SHA-256",
                                                     "SCRAM-SHA-256-PLUS"};
  if (std::ranges::find(kByGsasl, upper) == kByGsasl.end()) {
    return Error::never("there is no mechanism " + mechanism);
  }
  return start_gsasl_server(upper, backend, connection);
}

SaslStep SaslServer::step(std::optional<std::string_view> message) {
  if (++steps_ > kMaxSaslSteps) return malformed("too many messages");
  if (!message) {
    if (steps_ > 1) return malformed("no message");
    return Challenge{greeting()};
  }
  if (message->size() > kMaxSaslMessage) return malformed("a message that is too long");
  return answer(*message);
}

}  // namespace lbx::auth
