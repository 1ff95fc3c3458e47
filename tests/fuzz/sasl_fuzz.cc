// SPDX-License-Identifier: MIT
// Any messages whatever of a client, in any mechanism: no crash; an end within the limit; nobody
// gets in whom the backend has not let in; and token messages can be written and read back. The
// first octet picks the mechanism, newlines end messages.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/ascii.h"
#include "service/auth/oauth.h"
#include "service/auth/sasl.h"
#include "support/require.h"

using namespace lbx::auth;

namespace {

class FuzzBackend final : public Backend {
 public:
  bool let_in{false};
  Verdict check_password(const std::string& name, const std::string& password) override {
    return judge(name == "joe" && password == "secret");
  }
  lbx::Result<ScramKeys> scram_keys(const std::string& name) override {
    return decoy_scram_keys(name, "x");
  }
  Verdict check_token(const std::string&, const std::string& name,
                      const std::string& token) override {
    return judge(name == "joe" && token == "secret");
  }
  Verdict account(const std::string& name) override { return judge(name == "joe"); }

 private:
  Verdict judge(bool right) {
    let_in = let_in || right;
    if (!right) return Failure{FailureKind::Credentials, "wrong"};
    return Account{"joe", std::nullopt, "/h", "/h/m", std::nullopt};
  }
};

void check_tokens(std::string_view text) {
  const auto bearer = parse_oauthbearer(text);
  if (bearer) {
    const auto again = parse_oauthbearer(to_oauthbearer(*bearer));
    lbx::require(again && *again == *bearer);
  }
  const auto older = parse_xoauth2(text);
  if (older) {
    const auto again = parse_xoauth2(to_xoauth2(*older));
    lbx::require(again && *again == *older);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::array<const char*, 6> kMechanisms{"PLAIN",    "LOGIN",       "SCRAM-SHA-256",
                                                   "EXTERNAL", "OAUTHBEARER", "XOAUTH2"};
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  check_tokens(text);
  FuzzBackend backend;
  const Connection connection{true, false, "joe", ""};
  const auto server =
      SaslServer::start(kMechanisms[data[0] % kMechanisms.size()], backend, connection);
  lbx::require(server.has_value());
  int steps = 0;
  for (const std::string_view message : lbx::ascii::split(text, '\n')) {
    const SaslStep step = (*server)->step(message);
    lbx::require(++steps <= kMaxSaslSteps || std::holds_alternative<Failure>(step));
    lbx::require(!std::holds_alternative<Success>(step) || backend.let_in);
    if (!std::holds_alternative<Challenge>(step)) break;
  }
  return 0;
}
