// SPDX-License-Identifier: MIT
// A session whose accounts answer later, and which somebody else carries on with.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pop3d/session.h"
#include "support/fake_maildrop.h"

namespace lbx::pop3d {
namespace {

using testing_support::FakeMailbox;
using testing_support::FakeMaildrop;

class LateAccounts final : public Accounts {
 public:
  std::vector<std::string> addresses;

  LoginOutcome log_in(const Credentials& /*given*/) override { return Awaited{}; }
  std::unique_ptr<SaslExchange> begin_sasl(std::string_view /*mechanism*/) override {
    return std::make_unique<LateExchange>();
  }
  LoginOutcome open(const std::string& /*account*/) override { return Awaited{}; }
  bool speaks_for(const std::string& address) override {
    addresses.push_back(address);
    return address != "192.0.2.66";
  }

 private:
  class LateExchange final : public SaslExchange {
   public:
    bool server_first() const override { return false; }
    SaslStep step(std::string_view /*response*/) override { return {SaslStep::Kind::Awaited, ""}; }
  };
};

class SessionLaterTest : public testing::Test {
 protected:
  SessionLaterTest() : session{settings(), accounts} { pull(); }

  static Settings settings() {
    Settings settings;
    settings.mechanisms = {{"PLAIN", false}};
    settings.offer_xclient = true;
    settings.refusal_delay = {};
    return settings;
  }
  std::string pull() {
    std::string out;
    while (session.has_output()) session.output(out, 4096);
    return out;
  }
  std::string say(std::string_view lines) {
    session.input(lines);
    return pull();
  }
  LoginOutcome mailbox_opens() { return std::make_unique<FakeMaildrop>(box); }

  FakeMailbox box;
  LateAccounts accounts;
  Session session;
};

TEST_F(SessionLaterTest, WhatIsBehindALoginWaitsForItsOutcome) {
  EXPECT_EQ(say("USER bob\r\nPASS x\r\nSTAT\r\nNO"), "+OK \r\n");
  EXPECT_TRUE(session.waiting());
  EXPECT_EQ(session.unread(), "STAT\r\nNO");
  session.answer(mailbox_opens());
  EXPECT_FALSE(session.waiting());
  EXPECT_EQ(pull(), "+OK \r\n+OK 0 0\r\n");
  EXPECT_EQ(say("OP\r\n"), "+OK \r\n");
}

TEST_F(SessionLaterTest, ARefusalThatComesLaterIsOne) {
  say("USER bob\r\nPASS x\r\nNOOP\r\n");
  session.answer(LoginOutcome{Refusal::Credentials});
  EXPECT_EQ(pull(), "-ERR [AUTH] wrong user name or password\r\n-ERR authorization first\r\n");
  EXPECT_FALSE(session.ended());
}

TEST_F(SessionLaterTest, StepsOfAnExchangeMayComeLater) {
  EXPECT_EQ(say("AUTH PLAIN eA==\r\neQ==\r\n"), "");
  EXPECT_TRUE(session.waiting());
  session.answer(SaslStep{SaslStep::Kind::Challenge, "more"});
  EXPECT_EQ(pull(), "+ bW9yZQ==\r\n");
  EXPECT_TRUE(session.waiting());
  session.answer(SaslStep{SaslStep::Kind::Done, "bob"});
  EXPECT_TRUE(session.waiting()) << "for the mailbox, now";
  session.answer(mailbox_opens());
  EXPECT_EQ(pull(), "+OK \r\n");
}

TEST_F(SessionLaterTest, ALoginComesToNothingHoweverItBegan) {
  for (const char* const login : {"USER bob\r\nPASS x\r\n", "AUTH PLAIN eA==\r\n"}) {
    say(login);
    ASSERT_TRUE(session.waiting());
    session.refuse_login(Refusal::Later);
    EXPECT_EQ(pull(), "-ERR [SYS/TEMP] the maildrop cannot be opened now\r\n") << login;
    EXPECT_EQ(say("NOOP\r\n"), "-ERR authorization first\r\n");
  }
}

TEST_F(SessionLaterTest, WhatIsOfferedMayChange) {
  EXPECT_EQ(say("USER bob\r\n"), "+OK \r\n");
  session.offer({{"EXTERNAL", false}}, false);
  EXPECT_EQ(say("AUTH\r\n"), "+OK \r\nEXTERNAL\r\n.\r\n");
  EXPECT_EQ(say("USER bob\r\n"), "-ERR no plaintext login without TLS\r\n");
}

TEST_F(SessionLaterTest, XclientIsHandedOverToWhoKnowsWhomToBelieve) {
  EXPECT_EQ(say("XCLIENT ADDR=192.0.2.1 PORT=5\r\n"), "+OK updated\r\n");
  EXPECT_EQ(say("XCLIENT ADDR=192.0.2.66\r\n"), "-ERR not allowed\r\n");
  EXPECT_EQ(say("XCLIENT ADDR=somewhere\r\n"), "-ERR syntax error\r\n");
  EXPECT_EQ(say("XCLIENT nonsense\r\n"), "-ERR syntax error\r\n");
  EXPECT_EQ(accounts.addresses, (std::vector<std::string>{"192.0.2.1", "192.0.2.66"}));
}

}  // namespace
}  // namespace lbx::pop3d
