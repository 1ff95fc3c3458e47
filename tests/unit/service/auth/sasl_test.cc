// SPDX-License-Identifier: MIT
#include "service/auth/sasl.h"

#include <gtest/gtest.h>

namespace lbx::auth {
namespace {

using namespace std::string_literals;

/// Knows joe, whose password and token are "secret"; when it is ill it knows nothing.
class FakeBackend final : public Backend {
 public:
  bool ill{false};
  Verdict check_password(const std::string& name, const std::string& password) override {
    return judge(name == "joe" && password == "secret");
  }
  Result<ScramKeys> scram_keys(const std::string& name) override {
    if (ill) return Error::later("ill");
    if (name != "joe") return decoy_scram_keys(name, "x");
    return derive_scram_keys("secret", "0123456789abcdef", kMinScramIterations);
  }
  Verdict check_token(const std::string&, const std::string& name,
                      const std::string& token) override {
    return judge(name == "joe" && token == "secret");
  }
  Verdict account(const std::string& name) override { return judge(name == "joe"); }

 private:
  Verdict judge(bool right) const {
    if (ill) return Failure{FailureKind::Temporary, "ill"};
    if (!right) return Failure{FailureKind::Credentials, "wrong"};
    return Account{"joe", std::nullopt, "/h", "/h/m", std::nullopt};
  }
};

class SaslServerTest : public testing::Test {
 protected:
  void start(const std::string& mechanism, const Connection& connection = {}) {
    Result<std::unique_ptr<SaslServer>> started = SaslServer::start(mechanism, backend, connection);
    ASSERT_TRUE(started) << started.error().what;
    server = std::move(started).value();
  }
  /// The challenge, the name of who is in, or the kind of failure.
  std::string step(std::optional<std::string_view> message) {
    const SaslStep step = server->step(message);
    if (const auto* challenge = std::get_if<Challenge>(&step)) return "? " + challenge->bytes;
    if (const auto* success = std::get_if<Success>(&step)) return "+ " + success->account.name;
    const FailureKind kind = std::get<Failure>(step).kind;
    return kind == FailureKind::Credentials ? "- credentials"
           : kind == FailureKind::Temporary ? "- temporary"
                                            : "- malformed";
  }
  std::string once(const std::string& mechanism, std::optional<std::string_view> message,
                   const Connection& connection = {}) {
    start(mechanism, connection);
    return step(message);
  }

  FakeBackend backend;
  std::unique_ptr<SaslServer> server;
};

TEST_F(SaslServerTest, Plain) {
  EXPECT_EQ(once("PLAIN", "\0joe\0secret"s), "+ joe");
  EXPECT_EQ(server->name(), "joe");
  EXPECT_EQ(once("plain", "joe\0joe\0secret"s), "+ joe");
  EXPECT_EQ(once("PLAIN", "JOE\0joe\0secret"s), "+ joe");
  EXPECT_EQ(once("PLAIN", "jim\0joe\0secret"s), "- credentials");
  EXPECT_EQ(once("PLAIN", "\0joe\0wrong"s), "- credentials");
  for (const std::string& bad : {"joe"s, "\0joe"s, "\0joe\0se\0cret"s}) {
    EXPECT_EQ(once("PLAIN", bad), "- malformed") << bad;
  }
  for (const std::string& bad : {"\0\0secret"s, "\0joe\0"s, "\0joe\n\0secret"s}) {
    EXPECT_EQ(once("PLAIN", bad), "- credentials") << bad;
  }
}

TEST_F(SaslServerTest, AMissingInitialResponseIsAskedForAnEmptyOneIsNot) {
  EXPECT_EQ(once("PLAIN", std::nullopt), "? ");
  EXPECT_EQ(step("\0joe\0secret"s), "+ joe");
  EXPECT_EQ(once("EXTERNAL", std::nullopt, {true, false, "joe", ""}), "? ");
  EXPECT_EQ(step(""), "+ joe");
  EXPECT_EQ(once("EXTERNAL", "", {true, false, "joe", ""}), "+ joe");
}

TEST_F(SaslServerTest, Login) {
  EXPECT_EQ(once("LOGIN", std::nullopt), "? Username:");
  EXPECT_EQ(step("joe"), "? Password:");
  EXPECT_EQ(step("secret"), "+ joe");
  EXPECT_EQ(once("LOGIN", "joe"), "? Password:");
  EXPECT_EQ(step("wrong"), "- credentials");
}

TEST_F(SaslServerTest, External) {
  EXPECT_EQ(once("EXTERNAL", "jim", {true, false, "joe", ""}), "- credentials");
  EXPECT_EQ(once("EXTERNAL", "joe", {true, false, "joe", ""}), "+ joe");
  EXPECT_EQ(once("EXTERNAL", "", {true, false, "jim", ""}), "- credentials");
}

TEST_F(SaslServerTest, TokensTellWhyTheyAreRefusedBeforeTheyAre) {
  EXPECT_EQ(once("OAUTHBEARER", "n,a=joe,\1auth=Bearer secret\1\1"), "+ joe");
  EXPECT_EQ(once("OAUTHBEARER", "n,a=joe,\1auth=Bearer wrong\1\1"),
            R"(? {"status":"invalid_token"})");
  EXPECT_EQ(step("\1"), "- credentials");
  EXPECT_EQ(once("XOAUTH2", "user=joe\1auth=Bearer secret\1\1"), "+ joe");
  EXPECT_EQ(once("XOAUTH2", "user=joe\1auth=Bearer wrong\1\1").substr(0, 12), "? {\"status\":");
  EXPECT_EQ(step(""), "- credentials");
  EXPECT_EQ(once("XOAUTH2", "nonsense"), "- malformed");
}

TEST_F(SaslServerTest, ScramRefusesAWrongProofInTheEndAndNobodyEarlier) {
  for (const char* const user : {"joe", "jim"}) {
    const std::string first = once("SCRAM-SHA-256", "n,,n="s + user + ",r=abc");
    ASSERT_EQ(first.substr(0, 7), "? r=abc");
    const std::string nonce = first.substr(2, first.find(',') - 2);
    EXPECT_EQ(step("c=biws," + nonce + ",p=" + to_base64(std::string(kScramKey, 'x'))),
              "- credentials");
  }
  EXPECT_EQ(once("SCRAM-SHA-256", "nonsense"), "- malformed");
}

TEST_F(SaslServerTest, WhatNobodyCanTellIsTemporary) {
  backend.ill = true;
  EXPECT_EQ(once("PLAIN", "\0joe\0secret"s), "- temporary");
  EXPECT_EQ(once("EXTERNAL", "", {true, false, "joe", ""}), "- temporary");
  EXPECT_EQ(once("SCRAM-SHA-256", "n,,n=joe,r=abc"), "- temporary");
  EXPECT_EQ(once("XOAUTH2", "user=joe\1auth=Bearer secret\1\1"), "- temporary");
}

TEST_F(SaslServerTest, HasLimits) {
  EXPECT_EQ(once("PLAIN", std::string(kMaxSaslMessage + 1, 'x')), "- malformed");
  start("LOGIN");
  for (int i = 0; i < kMaxSaslSteps; ++i) static_cast<void>(step("joe"));
  EXPECT_EQ(step("secret"), "- malformed");
  EXPECT_FALSE(SaslServer::start("CRAM-MD5", backend, {}));
  EXPECT_FALSE(SaslServer::start("", backend, {}));
}

}  // namespace
}  // namespace lbx::auth
