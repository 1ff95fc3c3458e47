// SPDX-License-Identifier: MIT
#include "pop3d/session.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

#include "support/fake_maildrop.h"

namespace lbx::pop3d {
namespace {

using namespace std::string_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing_support::FakeMailbox;
using testing_support::FakeMaildrop;

constexpr std::size_t kPull = 4096;

class FakeAccounts final : public Accounts {
 public:
  explicit FakeAccounts(FakeMailbox& box) : box_{box} {}
  std::vector<std::string> opened;  // accounts that an exchange let in
  std::vector<std::string> steps;   // what the exchanges were given
  std::optional<Refusal> refusal;
  std::vector<Credentials> seen;

  LoginOutcome log_in(const Credentials& given) override {
    seen.push_back(given);
    if (refusal) return *refusal;
    if (given.user != "bob" || given.secret != "secret word ") return Refusal::Credentials;
    return std::make_unique<FakeMaildrop>(box_);
  }

  std::unique_ptr<SaslExchange> begin_sasl(std::string_view mechanism) override {
    if (mechanism == "BROKEN") return nullptr;
    return std::make_unique<FakeExchange>(steps, mechanism == "LOGIN");
  }
  LoginOutcome open(const std::string& account) override {
    opened.push_back(account);
    if (refusal) return *refusal;
    return std::make_unique<FakeMaildrop>(box_);
  }

 private:
  /// Lets "good" in, wants more after "more" (or at first), and refuses the rest.
  class FakeExchange final : public SaslExchange {
   public:
    FakeExchange(std::vector<std::string>& steps, bool server_first)
        : steps_{steps}, server_first_{server_first} {}
    bool server_first() const override { return server_first_; }
    SaslStep step(std::string_view response) override {
      steps_.emplace_back(response);
      if (response == "good") return {SaslStep::Kind::Done, "bob"};
      if (response == "more") return {SaslStep::Kind::Challenge, "what else?"};
      if (response.empty() && server_first_) return {SaslStep::Kind::Challenge, ""};
      if (response == "odd") return {SaslStep::Kind::Refused, "", Refusal::Malformed};
      return {SaslStep::Kind::Refused, "", Refusal::Credentials};
    }

   private:
    std::vector<std::string>& steps_;
    bool server_first_;
  };

  FakeMailbox& box_;
};

std::string pull_all(Conversation& session) {
  std::string all;
  while (session.has_output()) {
    std::string piece;
    session.output(piece, kPull);
    EXPECT_LE(piece.size(), kPull + Conversation::kOutputSlack);
    all += piece;
  }
  return all;
}

std::string feed(Conversation& session, std::string_view bytes) {
  session.input(bytes);
  return pull_all(session);
}

class SessionTest : public testing::Test {
 protected:
  SessionTest() { box.messages = {"Subject: one\n\nfirst\n", ".dot\r\n.\n\n..\nend", ""}; }

  /// A session in the TRANSACTION state whose greeting has been read.
  std::unique_ptr<Session> open(Dialect dialect = Dialect::Letterbox) {
    Settings settings;
    settings.dialect = dialect;
    auto session = std::make_unique<Session>(settings, std::make_unique<FakeMaildrop>(box));
    EXPECT_EQ(pull_all(*session), "+OK \r\n");
    return session;
  }
  std::string ask(std::string_view commands, Dialect dialect = Dialect::Letterbox) {
    return feed(*open(dialect), commands);
  }
  std::unique_ptr<Session> front(Dialect dialect = Dialect::Letterbox) {
    Settings settings;
    settings.dialect = dialect;
    settings.greeting = "<1.2@host>";
    settings.offer_apop = dialect == Dialect::Qmail;
    auto session = std::make_unique<Session>(settings, accounts);
    EXPECT_EQ(pull_all(*session), "+OK <1.2@host>\r\n");
    return session;
  }

  FakeMailbox box;
  FakeAccounts accounts{box};
};

// --- TRANSACTION state

TEST_F(SessionTest, StatCountsOctetsAsRetrSendsThem) {
  EXPECT_EQ(ask("STAT\r\n"), "+OK 3 43\r\n");
  EXPECT_EQ(ask("LIST\r\n"), "+OK \r\n1 23\r\n2 20\r\n3 0\r\n.\r\n");
}

TEST_F(SessionTest, RetrSendsTheMessageWithCrlfAndStuffedDots) {
  EXPECT_EQ(ask("RETR 1\r\n"), "+OK \r\nSubject: one\r\n\r\nfirst\r\n.\r\n");
  EXPECT_EQ(ask("RETR 2\r\n"), "+OK \r\n..dot\r\n..\r\n\r\n...\r\nend\r\n.\r\n");
  EXPECT_EQ(ask("RETR 3\r\n"), "+OK \r\n.\r\n");
}

TEST_F(SessionTest, TopSendsTheHeaderTheBlankLineAndSoManyLines) {
  box.messages = {"A: b\n\n1\n2\n3\n", "A: b\r\n\r\n1\r\n.2\r\n", "\nbody\n", "only: header\n"};
  EXPECT_EQ(ask("TOP 1 0\r\n"), "+OK \r\nA: b\r\n\r\n.\r\n");
  EXPECT_EQ(ask("TOP 1 2\r\n"), "+OK \r\nA: b\r\n\r\n1\r\n2\r\n.\r\n");
  EXPECT_EQ(ask("TOP 1 3\r\n"), ask("RETR 1\r\n"));
  EXPECT_EQ(ask("TOP 1 18446744073709551615\r\n"), ask("RETR 1\r\n"));
  EXPECT_EQ(ask("TOP 2 1\r\n"), "+OK \r\nA: b\r\n\r\n1\r\n.\r\n");
  EXPECT_EQ(ask("TOP 3 0\r\n"), "+OK \r\n\r\n.\r\n");
  EXPECT_EQ(ask("TOP 4 0\r\n"), "+OK \r\nonly: header\r\n.\r\n");
}

TEST_F(SessionTest, TopWantsTwoNumbers) {
  for (const char* each : {"TOP 1\r\n", "TOP 1 x\r\n", "TOP 1 -1\r\n", "TOP 1 2 3\r\n",
                           "TOP 1 18446744073709551616\r\n", "TOP\r\n"}) {
    EXPECT_EQ(ask(each), "-ERR syntax error\r\n") << each;
  }
}

TEST_F(SessionTest, ANumberIsDigitsAndNothingElse) {
  for (const char* number : {"x", "-1", "+1", "1x", "1\t", "0x1", "1.0", "18446744073709551617"}) {
    for (const char* verb : {"LIST ", "UIDL ", "RETR ", "DELE "}) {
      EXPECT_EQ(ask(verb + std::string{number} + "\r\n"), "-ERR syntax error\r\n") << number;
    }
  }
  EXPECT_EQ(ask("DELE 0\r\n"), "-ERR messages are counted from 1\r\n");
  EXPECT_EQ(ask("DELE 4294967297\r\n"), "-ERR not that many messages\r\n");
  EXPECT_EQ(ask("DELE 4\r\n"), "-ERR not that many messages\r\n");
  EXPECT_EQ(ask("LIST 01\r\n"), "+OK 1 23\r\n");
}

TEST_F(SessionTest, ADeletedMessageIsGoneForEveryCommandAndInNoTotal) {
  EXPECT_EQ(
      ask("DELE 1\r\nRETR 1\r\nTOP 1 0\r\nLIST 1\r\nUIDL 1\r\nDELE 1\r\nLIST\r\nUIDL\r\nSTAT\r\n"),
      "+OK \r\n-ERR already deleted\r\n-ERR already deleted\r\n-ERR already deleted\r\n"
      "-ERR already deleted\r\n-ERR already deleted\r\n+OK \r\n2 20\r\n3 0\r\n.\r\n"
      "+OK \r\n2 id2\r\n3 id3\r\n.\r\n+OK 2 20\r\n");
}

TEST_F(SessionTest, RsetTakesAllMarksAway) {
  EXPECT_EQ(ask("DELE 1\r\nDELE 3\r\nRSET\r\nSTAT\r\nQUIT\r\n"),
            "+OK \r\n+OK \r\n+OK \r\n+OK 3 43\r\n+OK \r\n");
  ASSERT_TRUE(box.updated);
  EXPECT_THAT(*box.updated, Each(false));
}

TEST_F(SessionTest, QuitRemovesWhatIsMarkedAndEndsTheSession) {
  const auto session = open();
  EXPECT_EQ(feed(*session, "DELE 2\r\nQUIT\r\nSTAT\r\n"), "+OK \r\n+OK \r\n");
  EXPECT_TRUE(session->ended());
  ASSERT_TRUE(box.updated);
  EXPECT_THAT(*box.updated, ElementsAre(false, true, false));
  EXPECT_EQ(feed(*session, "STAT\r\n"), "");
}

TEST_F(SessionTest, WithoutQuitNothingIsEverRemoved) {
  { EXPECT_EQ(ask("DELE 1\r\nDELE 2\r\nQUIT"), "+OK \r\n+OK \r\n"); }
  EXPECT_FALSE(box.updated);
}

TEST_F(SessionTest, AQuitBehindAnswersThatNobodyTookRemovesNothing) {
  box.messages = {std::string(1'000'000, 'x')};
  {
    const auto session = open();
    session->input("DELE 1\r\nRSET\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n");
    std::string out;
    session->output(out, kPull);
  }
  EXPECT_FALSE(box.updated);
}

TEST_F(SessionTest, QuitSaysWhenNotAllIsRemoved) {
  box.left = 1;
  EXPECT_EQ(ask("DELE 1\r\nDELE 2\r\nQUIT\r\n"),
            "+OK \r\n+OK \r\n-ERR [SYS/TEMP] 1 of 2 messages not removed\r\n");
  EXPECT_EQ(ask("DELE 1\r\nQUIT\r\n", Dialect::Qmail),
            "+OK \r\n-ERR unable to unlink all deleted messages\r\n+OK \r\n");
}

TEST_F(SessionTest, AMessageThatIsGoneIsAnErrorAndTheSessionGoesOn) {
  box.gone = 0;
  EXPECT_EQ(ask("RETR 1\r\nTOP 1 0\r\nNOOP\r\n"),
            "-ERR somebody else has removed that message\r\n"
            "-ERR somebody else has removed that message\r\n+OK \r\n");
  EXPECT_EQ(ask("RETR 1\r\nNOOP\r\n", Dialect::Qmail),
            "-ERR unable to open that message\r\n+OK \r\n");
}

TEST_F(SessionTest, AMessageThatCannotBeReadNowIsATemporaryError) {
  box.unreadable = 0;
  EXPECT_EQ(ask("RETR 1\r\nNOOP\r\n"),
            "-ERR [SYS/TEMP] that message cannot be read now\r\n+OK \r\n");
}

TEST_F(SessionTest, AMessageThatBreaksOffIsNeverEndedLikeAWholeOne) {
  box.messages = {std::string(100'000, 'x')};
  box.broken_at = 50'000;
  const auto session = open();
  const std::string out = feed(*session, "RETR 1\r\nNOOP\r\n");
  EXPECT_THAT(out, Not(HasSubstr("\r\n.\r\n")));
  EXPECT_THAT(out, testing::EndsWith("x"));
  EXPECT_TRUE(session->ended());
}

TEST_F(SessionTest, LastIsTheHighestMessageAccessed) {
  EXPECT_EQ(ask("LAST\r\nDELE 2\r\nLAST\r\nDELE 1\r\nLAST\r\nRSET\r\nLAST\r\n"),
            "+OK 0\r\n+OK \r\n+OK 2\r\n+OK \r\n+OK 2\r\n+OK \r\n+OK 0\r\n");
}

TEST_F(SessionTest, SuperfluousArgumentsAreAnErrorOfOursAndNoneOfQmails) {
  for (const char* each :
       {"STAT x\r\n", "DELE 1 2\r\n", "RETR 1 5\r\n", "NOOP x\r\n", "CAPA x\r\n"}) {
    EXPECT_EQ(ask(each), "-ERR syntax error\r\n") << each;
    EXPECT_THAT(ask(each, Dialect::Qmail), StartsWith("+OK ")) << each;
  }
  EXPECT_EQ(ask("RETR 1 0\r\n", Dialect::Qmail), ask("RETR 1\r\n"));
  EXPECT_EQ(ask("TOP 1\r\n", Dialect::Qmail), ask("RETR 1\r\n"));
}

TEST_F(SessionTest, CommandsOfTheOtherStateAreErrors) {
  EXPECT_EQ(ask("USER bob\r\nPASS x\r\nAPOP a b\r\nSTLS\r\n"),
            "-ERR unimplemented\r\n-ERR unimplemented\r\n-ERR unimplemented\r\n"
            "-ERR unimplemented\r\n");
  EXPECT_EQ(feed(*front(), "STAT\r\nRETR 1\r\n\r\n"),
            "-ERR authorization first\r\n-ERR authorization first\r\n-ERR authorization first\r\n");
}

TEST_F(SessionTest, CapaIsTheSameInBothStates) {
  const std::string before = feed(*front(), "CAPA\r\n");
  EXPECT_EQ(before, ask("CAPA\r\n"));
  EXPECT_THAT(before, HasSubstr("\r\nTOP\r\nUIDL\r\nUSER\r\nPIPELINING\r\nEXPIRE NEVER\r\n"));
  EXPECT_THAT(before, HasSubstr("\r\nAUTH-RESP-CODE\r\n"));
  EXPECT_EQ(feed(*front(Dialect::Qmail), "CAPA\r\n"), ask("CAPA\r\n", Dialect::Qmail));
  EXPECT_THAT(ask("CAPA\r\n", Dialect::Qmail), Not(HasSubstr("RESP-CODE")));
}

TEST_F(SessionTest, NoAnswerHoldsWhatTheClientSent) {
  for (const char* each :
       {"[IN-USE] zebra\r\n", "LIST [zebra]\r\n", "zebra\r\n", "DELE zebra\r\n"}) {
    EXPECT_THAT(ask(each), Not(HasSubstr("zebra")));
    EXPECT_THAT(feed(*front(), each), Not(HasSubstr("zebra")));
  }
}

// RFC 2449 section 4.
TEST_F(SessionTest, EveryFirstLineAndEachOfCapaHas512OctetsAtMost) {
  constexpr std::size_t kMost = 512;
  const std::string longest(kMaxLine - 16, '9');
  std::string commands = "CAPA\r\nLANG\r\nUTF8\r\nAUTH\r\n";
  for (const char* verb : {"USER", "PASS", "APOP", "AUTH", "STAT", "LIST", "RETR", "DELE", "NOOP",
                           "RSET", "TOP 1", "UIDL", "CAPA", "STLS", "LANG", "UTF8", "XCLIENT"}) {
    commands += verb + (' ' + longest) + "\r\n";
  }
  commands += "QUIT\r\n";
  for (const std::string& answers :
       {ask(commands), feed(*front(), commands), feed(*front(Dialect::Qmail), commands)}) {
    for (std::size_t at = 0; at < answers.size();) {
      const std::size_t end = answers.find("\r\n", at) + 2;
      ASSERT_GE(end, 2U) << "a line without its end";
      EXPECT_LE(end - at, kMost);
      at = end;
    }
  }
}

TEST_F(SessionTest, ANulIsAnErrorAndHidesNothing) {
  EXPECT_EQ(ask("LIST 1\0 2\r\nDELE 1\0\r\nSTAT\r\n"s),
            "-ERR syntax error\r\n-ERR syntax error\r\n+OK 3 43\r\n");
}

TEST_F(SessionTest, AnOverlongLineIsAnsweredOnceAndItsTailIsNoCommand) {
  const std::string tail(kMaxLine * 3, 'x');
  EXPECT_EQ(ask(tail + " DELE 1\r\nSTAT\r\n"), "-ERR line too long\r\n+OK 3 43\r\n");
  // Cut so that the tail begins a read of its own.
  const auto session = open();
  EXPECT_EQ(feed(*session, tail), "-ERR line too long\r\n");
  EXPECT_EQ(feed(*session, tail), "");
  EXPECT_EQ(feed(*session, "DELE 1\r\n"), "");
  EXPECT_EQ(feed(*session, "STAT\r\n"), "+OK 3 43\r\n");
}

TEST_F(SessionTest, ALineOfTheLongestKindIsTaken) {
  EXPECT_EQ(ask("LIST " + std::string(kMaxLine - 6, ' ') + "1\r\n"), "+OK 1 23\r\n");
  EXPECT_EQ(ask("LIST " + std::string(kMaxLine - 5, ' ') + "1\r\n"), "-ERR line too long\r\n");
}

TEST_F(SessionTest, AMegabyteOfPipelinedCommandsIsAnsweredInPieces) {
  std::string commands;
  for (int i = 0; i < 20'000; ++i) commands += "RETR 1\r\nDELE 9\r\n";
  const std::string answers = ask(commands);  // pull_all() checks the size of each piece
  EXPECT_EQ(answers.size(), 20'000 * std::string_view{"+OK \r\nSubject: one\r\n\r\nfirst\r\n.\r\n"
                                                      "-ERR not that many messages\r\n"}
                                         .size());
}

TEST_F(SessionTest, AListingOfManyMessagesComesInPieces) {
  box.messages.assign(50'000, "x\n");
  const std::string answer = ask("LIST\r\n");
  EXPECT_THAT(answer, testing::EndsWith("50000 3\r\n.\r\n"));
}

// --- AUTHORIZATION state

TEST_F(SessionTest, UserAndPassLetIn) {
  const auto session = front();
  EXPECT_EQ(feed(*session, "user bob\r\nPASS secret word \r\nSTAT\r\n"),
            "+OK \r\n+OK \r\n+OK 3 43\r\n");
}

TEST_F(SessionTest, ThePasswordIsTheRestOfTheLineWithItsBlanks) {
  feed(*front(), "USER bob\r\nPASS  two  blanks \r\n");
  feed(*front(Dialect::Qmail), "USER bob\r\nPASS  two  blanks \r\n");
  ASSERT_EQ(accounts.seen.size(), 2U);
  EXPECT_EQ(accounts.seen[0].secret, " two  blanks ");
  EXPECT_EQ(accounts.seen[1].secret, "two  blanks ");
}

TEST_F(SessionTest, PassNeedsAUserRightBeforeIt) {
  EXPECT_EQ(feed(*front(), "PASS x\r\n"), "-ERR USER first\r\n");
  EXPECT_EQ(feed(*front(), "USER bob\r\nPASS\r\nPASS \r\n"),
            "+OK \r\n-ERR syntax error\r\n-ERR syntax error\r\n");
  EXPECT_EQ(feed(*front(), "USER bob\r\nPASS x\r\nPASS secret word \r\n"),
            "+OK \r\n-ERR [AUTH] wrong user name or password\r\n-ERR USER first\r\n");
}

TEST_F(SessionTest, AnUnknownUserIsAnsweredLikeAKnownOne) {
  EXPECT_EQ(feed(*front(), "USER bob\r\nPASS x\r\n"), feed(*front(), "USER eve\r\nPASS x\r\n"));
}

TEST_F(SessionTest, ARefusedLoginIsHeldBackAndAGoodOneIsNot) {
  const auto session = front();
  session->input("USER bob\r\nPASS x\r\nUSER bob\r\nPASS secret word \r\n");
  std::string out;
  session->output(out, kPull);
  EXPECT_THAT(out, testing::EndsWith("[AUTH] wrong user name or password\r\n"));
  EXPECT_EQ(session->delay(), kRefusalDelay);
  EXPECT_EQ(pull_all(*session), "+OK \r\n+OK \r\n");
  EXPECT_EQ(session->delay().count(), 0);
}

TEST_F(SessionTest, TooManyRefusedLoginsEndTheSession) {
  const auto session = front();
  for (unsigned i = 0; i < kMaxLoginFailures; ++i) {
    EXPECT_FALSE(session->ended());
    feed(*session, "USER bob\r\nPASS x\r\n");
  }
  EXPECT_TRUE(session->ended());
}

TEST_F(SessionTest, AMaildropThatCannotBeOpenedIsNotAWrongPassword) {
  accounts.refusal = Refusal::Later;
  EXPECT_EQ(
      feed(*front(), "USER bob\r\nPASS x\r\nCAPA\r\n"),
      "+OK \r\n-ERR [SYS/TEMP] the maildrop cannot be opened now\r\n" + feed(*front(), "CAPA\r\n"));
}

TEST_F(SessionTest, ApopIsHandedOverWithItsDigestAsItIs) {
  accounts.refusal = Refusal::HandedOver;
  const auto session = front(Dialect::Qmail);
  EXPECT_EQ(feed(*session, "APOP joe  x y\r\nSTAT\r\n"), "");
  EXPECT_TRUE(session->ended());
  ASSERT_EQ(accounts.seen.size(), 1U);
  EXPECT_EQ(accounts.seen[0].user, "joe");
  EXPECT_EQ(accounts.seen[0].secret, " x y");
  EXPECT_TRUE(accounts.seen[0].apop);
  EXPECT_EQ(feed(*front(), "APOP joe x\r\n"), "-ERR unimplemented\r\n");
}

TEST_F(SessionTest, QuitBeforeLoginEndsWithoutUpdate) {
  const auto session = front();
  EXPECT_EQ(feed(*session, "QUIT\r\n"), "+OK \r\n");
  EXPECT_TRUE(session->ended());
  EXPECT_FALSE(box.updated);
}

TEST_F(SessionTest, TheIdleLimitIsThatOfTheState) {
  const auto session = front();
  const auto before = session->idle_limit();
  feed(*session, "USER bob\r\nPASS secret word \r\n");
  EXPECT_EQ(before, Settings{}.login_limit);
  EXPECT_EQ(session->idle_limit(), Settings{}.idle_limit);
  EXPECT_GE(session->idle_limit(), std::chrono::minutes{10});  // RFC 1939 section 3
}

// --- however the input is cut

constexpr std::string_view kDialog =
    "CAPA\r\nUSER bob\r\nPASS secret word \r\nSTAT\nLIST\r\nUIDL 2\r\nTOP 1 0\r\nRETR 2\r\n"
    "bogus\r\nDELE 1\r\nDELE 1\r\nLAST\r\nQUIT\r\nNOOP\r\n";

TEST_F(SessionTest, EverySplitIntoTwoGivesTheSameAnswers) {
  const std::string expected = feed(*front(), kDialog);
  for (std::size_t at = 0; at <= kDialog.size(); ++at) {
    const auto session = front();
    std::string answers = feed(*session, kDialog.substr(0, at));
    answers += feed(*session, kDialog.substr(at));
    EXPECT_EQ(answers, expected) << "split at " << at;
  }
}

TEST_F(SessionTest, ByteByByteEachAnswerComesWithTheLastByteOfItsCommand) {
  const auto session = front();
  std::string answers;
  for (const char byte : kDialog) {
    const std::string answer = feed(*session, {&byte, 1});
    if (byte != '\n') {
      EXPECT_EQ(answer, "");
    }
    answers += answer;
  }
  EXPECT_EQ(answers, feed(*front(), kDialog));
}

// --- AUTH: RFC 5034

class SaslTest : public SessionTest {
 protected:
  std::unique_ptr<Session> begin() {
    Settings settings;
    settings.mechanisms = {
        {"PLAIN", true}, {"LOGIN", true}, {"SCRAM-SHA-256", false}, {"BROKEN", false}};
    change(settings);
    auto session = std::make_unique<Session>(settings, accounts);
    pull_all(*session);
    return session;
  }
  std::string ask_front(std::string_view commands) { return feed(*begin(), commands); }

  std::function<void(Settings&)> change{[](Settings&) {}};
};

const std::string kGood = "Z29vZA==";
const std::string kMore = "bW9yZQ==";
const std::string kWhatElse = "+ d2hhdCBlbHNlPw==\r\n";

TEST_F(SaslTest, AnInitialResponseLetsInAtOnceAndWhatIsBehindItHasItsTurn) {
  EXPECT_EQ(ask_front("auth plain " + kGood + "\r\nSTAT\r\nAUTH PLAIN " + kGood + "\r\n"),
            "+OK \r\n+OK 3 43\r\n-ERR unimplemented\r\n");
  EXPECT_THAT(accounts.opened, ElementsAre("bob"));
}

TEST_F(SaslTest, WithoutOneTheChallengeIsEmptyAndTheResponseIsALine) {
  EXPECT_EQ(ask_front("AUTH SCRAM-SHA-256\r\n" + kMore + "\r\n" + kGood + "\r\nSTAT\r\n"),
            "+ \r\n" + kWhatElse + "+OK \r\n+OK 3 43\r\n");
  EXPECT_THAT(accounts.steps, ElementsAre("more", "good"));
}

TEST_F(SaslTest, AnEqualsSignIsAnEmptyInitialResponseAndAnEmptyLineAnEmptyOne) {
  ask_front("AUTH PLAIN =\r\n");
  ask_front("AUTH PLAIN " + kMore + "\r\n\r\n");
  EXPECT_THAT(accounts.steps, ElementsAre("", "more", ""));
}

TEST_F(SaslTest, AMechanismThatBeginsWithAChallengeTakesNoInitialResponse) {
  EXPECT_EQ(ask_front("AUTH LOGIN " + kGood + "\r\nAUTH LOGIN\r\n" + kGood + "\r\n"),
            "-ERR that mechanism begins with a challenge\r\n+ \r\n+OK \r\n");
}

TEST_F(SaslTest, AStarEndsTheExchangeAndTheSessionGoesOn) {
  EXPECT_EQ(ask_front("AUTH PLAIN\r\n*\r\nUSER bob\r\nPASS secret word \r\n"),
            "+ \r\n-ERR cancelled\r\n+OK \r\n+OK \r\n");
}

TEST_F(SaslTest, WhatIsNoBase64IsRefusedAndNotPassedOver) {
  for (const char* each :
       {"Z29v ZA==", "Z29vZA", "Z29vZA=", "=Z29v", "Z2=9", "Z29vZA==\x80", "(", "**"}) {
    EXPECT_EQ(ask_front("AUTH PLAIN\r\n"s + each + "\r\n"), "+ \r\n-ERR not base64\r\n") << each;
  }
  EXPECT_EQ(ask_front("AUTH PLAIN Z2=9\r\n"), "-ERR not base64\r\n");
  EXPECT_TRUE(accounts.steps.empty());
}

TEST_F(SaslTest, AFailureLeavesTheSessionAsItWas) {
  EXPECT_EQ(ask_front("USER bob\r\nAUTH PLAIN eA==\r\nPASS secret word \r\n"),
            "+OK \r\n-ERR [AUTH] wrong user name or password\r\n+OK \r\n");
  EXPECT_EQ(ask_front("AUTH PLAIN b2Rk\r\nAUTH PLAIN " + kGood + "\r\n"),
            "-ERR malformed response\r\n+OK \r\n");
}

TEST_F(SaslTest, ARefusedExchangeIsHeldBackAndCountsLikeAPassword) {
  const auto session = begin();
  for (unsigned i = 0; i < kMaxLoginFailures; ++i) {
    EXPECT_FALSE(session->ended());
    session->input("AUTH PLAIN eA==\r\n");
    std::string out;
    session->output(out, kPull);
    EXPECT_EQ(session->delay(), kRefusalDelay);
  }
  EXPECT_TRUE(session->ended());
}

TEST_F(SaslTest, UnknownAndUnusableMechanismsAreErrors) {
  EXPECT_EQ(ask_front("AUTH GSSAPI\r\nAUTH BROKEN\r\nAUTH PLAIN a b\r\n"),
            "-ERR unknown mechanism\r\n-ERR [SYS/TEMP] that mechanism cannot be used now\r\n"
            "-ERR syntax error\r\n");
}

TEST_F(SaslTest, AuthAloneListsTheMechanismsForOldClients) {
  EXPECT_EQ(ask_front("AUTH\r\n"), "+OK \r\nPLAIN\r\nLOGIN\r\nSCRAM-SHA-256\r\nBROKEN\r\n.\r\n");
}

TEST_F(SaslTest, ATokenOfTwelveKilobytesIsTakenAndAnOverlongOneIsAnsweredOnce) {
  const std::string token(12'000, 'A');
  EXPECT_THAT(ask_front("AUTH PLAIN " + token + "\r\n"), StartsWith("-ERR [AUTH]"));
  EXPECT_THAT(ask_front("AUTH PLAIN\r\n" + token + "\r\n"), StartsWith("+ \r\n-ERR [AUTH]"));
  ASSERT_EQ(accounts.steps.size(), 2U);
  EXPECT_EQ(accounts.steps[0].size(), 9000U);
  const std::string endless(kMaxSaslLine * 3, 'A');
  EXPECT_EQ(ask_front("AUTH PLAIN\r\n" + endless + "\r\nUSER bob\r\n"),
            "+ \r\n-ERR line too long\r\n+OK \r\n");
  EXPECT_EQ(ask_front("AUTH PLAIN " + endless + "\r\nUSER bob\r\n"),
            "-ERR line too long\r\n+OK \r\n");
}

TEST_F(SaslTest, EverySplitIntoTwoGivesTheSameAnswers) {
  const std::string dialog =
      "AUTH LOGIN\r\n" + kMore + "\r\n*\r\nAUTH plain =\r\nAUTH PLAIN\r\n" + kGood + "\r\nSTAT\r\n";
  const std::string expected = ask_front(dialog);
  for (std::size_t at = 0; at <= dialog.size(); ++at) {
    const auto session = begin();
    std::string answers = feed(*session, dialog.substr(0, at));
    answers += feed(*session, dialog.substr(at));
    EXPECT_EQ(answers, expected) << at;
  }
}

TEST_F(SaslTest, EachRefusalHasItsAnswer) {
  const std::pair<Refusal, const char*> answers[] = {{Refusal::Later, "-ERR [SYS/TEMP] "},
                                                     {Refusal::Permanent, "-ERR [SYS/PERM] "},
                                                     {Refusal::TooSoon, "-ERR [LOGIN-DELAY] "},
                                                     {Refusal::InUse, "-ERR [IN-USE] "},
                                                     {Refusal::NeedsTls, "-ERR no login"}};
  for (const auto& [refusal, answer] : answers) {
    accounts.refusal = refusal;
    EXPECT_THAT(ask_front("AUTH PLAIN " + kGood + "\r\n"), StartsWith(answer));
    EXPECT_THAT(ask_front("USER bob\r\nPASS secret word \r\n"), HasSubstr(answer));
  }
}

// --- TLS and what needs it: RFC 2595

class TlsTest : public SaslTest {
 protected:
  TlsTest() {
    change = [](Settings& settings) {
      settings.offer_stls = true;
      settings.plaintext_logins = false;
    };
  }
};

constexpr const char* kBegin = "+OK begin TLS\r\n";

TEST_F(TlsTest, PlaintextLoginsAreNeitherAnnouncedNorTakenBeforeTls) {
  const auto session = begin();
  const std::string before = feed(*session, "CAPA\r\n");
  EXPECT_THAT(before, Not(HasSubstr("USER")));
  EXPECT_THAT(before, HasSubstr("\r\nSASL SCRAM-SHA-256 BROKEN\r\n"));
  EXPECT_THAT(before, HasSubstr("\r\nSTLS\r\n"));
  EXPECT_EQ(feed(*session, "USER bob\r\nAUTH PLAIN " + kGood + "\r\nAUTH\r\n"),
            "-ERR no plaintext login without TLS\r\n-ERR no plaintext login without TLS\r\n"
            "+OK \r\nSCRAM-SHA-256\r\nBROKEN\r\n.\r\n");
  EXPECT_TRUE(accounts.steps.empty());

  EXPECT_EQ(feed(*session, "STLS\r\n"), kBegin);
  session->tls_started({});
  const std::string after = feed(*session, "CAPA\r\n");
  EXPECT_THAT(after, HasSubstr("\r\nUSER\r\nSASL PLAIN LOGIN SCRAM-SHA-256 BROKEN\r\n"));
  EXPECT_THAT(after, Not(HasSubstr("STLS")));
  EXPECT_EQ(feed(*session, "STLS\r\nAUTH PLAIN " + kGood + "\r\n"),
            "-ERR TLS has begun already\r\n+OK \r\n");
  EXPECT_EQ(feed(*session, "CAPA\r\n"), after);  // RFC 2449 section 5, RFC 5034 section 3
  EXPECT_EQ(feed(*session, "STLS\r\n"), "-ERR unimplemented\r\n");
}

TEST_F(TlsTest, AServerMayLetNobodyInWithoutTls) {
  change = [](Settings& settings) {
    settings.offer_stls = true;
    settings.logins_need_tls = true;
  };
  EXPECT_EQ(ask_front("AUTH SCRAM-SHA-256 " + kGood + "\r\nUSER bob\r\n"),
            "-ERR no login without TLS\r\n-ERR no login without TLS\r\n");
  EXPECT_THAT(ask_front("CAPA\r\n"), Not(HasSubstr("SASL")));
}

TEST_F(TlsTest, WithoutTlsThereIsNoStls) {
  change = [](Settings&) {};
  EXPECT_EQ(ask_front("STLS\r\n"), "-ERR unimplemented\r\n");
  EXPECT_THAT(ask_front("CAPA\r\n"), Not(HasSubstr("STLS")));
}

// CVE-2011-0411: what somebody on the way has put in must not be taken for the client's.
TEST_F(TlsTest, WholeLinesBehindStlsAreForgotten) {
  const auto session = begin();
  EXPECT_EQ(feed(*session, "STLS\r\nCAPA\r\nQUIT\r\n"), kBegin);
  EXPECT_TRUE(session->wants_tls());
  EXPECT_EQ(feed(*session, "CAPA\r\n"), "");
  session->tls_started({});
  EXPECT_FALSE(session->wants_tls());
  EXPECT_EQ(pull_all(*session), "");
  EXPECT_EQ(feed(*session, "STAT\r\n"), "-ERR authorization first\r\n");
}

TEST_F(TlsTest, APartOfALineBehindStlsIsForgotten) {
  const auto session = begin();
  EXPECT_EQ(feed(*session, "STLS\r\nUSER "), kBegin);
  EXPECT_EQ(feed(*session, "eve"), "");
  session->tls_started({});
  EXPECT_EQ(feed(*session, "bob\r\nPASS x\r\n"), "-ERR authorization first\r\n-ERR USER first\r\n");
}

TEST_F(TlsTest, AnOverlongLineBehindStlsIsForgotten) {
  const auto session = begin();
  EXPECT_EQ(feed(*session, "STLS\r\n" + std::string(kMaxLine * 4, 'x')), kBegin);
  session->tls_started({});
  EXPECT_EQ(feed(*session, "USER bob\r\n"), "+OK \r\n");
}

TEST_F(TlsTest, AUserGivenBeforeStlsIsForgotten) {
  change = [](Settings& settings) { settings.offer_stls = true; };
  const auto session = begin();
  EXPECT_EQ(feed(*session, "USER eve\r\nUTF8\r\nSTLS\r\n"), "+OK \r\n+OK \r\n"s + kBegin);
  session->tls_started({});
  EXPECT_EQ(feed(*session, "PASS secret word \r\n"), "-ERR USER first\r\n");
}

TEST_F(TlsTest, StlsWithinAnExchangeIsAResponse) {
  EXPECT_EQ(ask_front("AUTH SCRAM-SHA-256\r\nSTLS\r\n"),
            "+ \r\n-ERR [AUTH] wrong user name or password\r\n");
}

// --- the other capabilities

TEST_F(SaslTest, WhatIsHandedInIsAnnouncedInBothStates) {
  change = [](Settings& settings) {
    settings.expire_days = 30;
    settings.login_delay = std::chrono::seconds{60};
  };
  const auto session = begin();
  const std::string before = feed(*session, "CAPA\r\n");
  EXPECT_EQ(before,
            "+OK \r\nTOP\r\nUIDL\r\nUSER\r\nSASL PLAIN LOGIN SCRAM-SHA-256 BROKEN\r\nPIPELINING\r\n"
            "EXPIRE 30\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nLOGIN-DELAY 60\r\nUTF8\r\nLANG\r\n"
            "IMPLEMENTATION Letterbox\r\n.\r\n");
  feed(*session, "USER bob\r\nPASS secret word \r\n");
  EXPECT_EQ(feed(*session, "CAPA\r\n"), before);
}

TEST_F(SaslTest, TheCommandsOfOtherServersAreUnknownToQmail) {
  change = [](Settings& settings) { settings.dialect = Dialect::Qmail; };
  EXPECT_EQ(ask_front("AUTH PLAIN " + kGood + "\r\nSTLS\r\nLANG\r\nUTF8\r\n"),
            "-ERR authorization first\r\n-ERR authorization first\r\n"
            "-ERR authorization first\r\n-ERR authorization first\r\n");
}

TEST_F(SessionTest, OneLanguageIsSpokenAndListed) {
  EXPECT_EQ(ask("LANG\r\n"), "+OK languages:\r\nen English\r\n.\r\n");
  EXPECT_EQ(feed(*front(), "LANG EN\r\nLANG *\r\nLANG i-default\r\nLANG de\r\nLANG en en\r\n"),
            "+OK en English\r\n+OK en English\r\n+OK en English\r\n-ERR no such language\r\n"
            "-ERR syntax error\r\n");
}

TEST_F(SaslTest, InUtf8ModeNamesAndPasswordsAreUtf8) {
  EXPECT_EQ(ask_front("UTF8\r\nUSER b\xe4r\r\nUSER b\xc3\xa4r\r\nPASS \xff\r\n"),
            "+OK \r\n-ERR not UTF-8\r\n+OK \r\n-ERR not UTF-8\r\n");
  EXPECT_EQ(ask_front("USER b\xe4r\r\nUTF8 x\r\n"), "+OK \r\n-ERR syntax error\r\n");
}

TEST_F(SessionTest, Utf8AfterTheLoginDoesNoHarm) {
  EXPECT_EQ(ask("UTF8\r\nSTAT\r\n"), "+OK \r\n+OK 3 43\r\n");
}

TEST_F(SaslTest, StrictlyAMessageWithRawOctetsInItsHeaderNeedsUtf8Mode) {
  box.messages = {"Subject: \xc3\xa4\n\nx\n", "Subject: a\n\n\xc3\xa4\n"};
  change = [](Settings& settings) { settings.utf8 = Utf8::Strict; };
  const std::string login = "USER bob\r\nPASS secret word \r\n";
  EXPECT_EQ(ask_front(login + "RETR 1\r\nTOP 1 0\r\nTOP 2 0\r\n"),
            "+OK \r\n+OK \r\n-ERR [UTF8] that message needs UTF-8 mode\r\n"
            "-ERR [UTF8] that message needs UTF-8 mode\r\n+OK \r\nSubject: a\r\n\r\n.\r\n");
  EXPECT_THAT(ask_front("UTF8\r\n" + login + "RETR 1\r\n"),
              HasSubstr("Subject: \xc3\xa4\r\n\r\nx\r\n.\r\n"));
  change = [](Settings& settings) { settings.utf8 = Utf8::AsStored; };
  EXPECT_THAT(ask_front(login + "RETR 1\r\n"), HasSubstr("Subject: \xc3\xa4\r\n\r\nx\r\n.\r\n"));
  change = [](Settings& settings) { settings.utf8 = Utf8::Off; };
  EXPECT_THAT(ask_front("CAPA\r\n"), Not(HasSubstr("UTF8")));
  EXPECT_EQ(ask_front("UTF8\r\n"), "-ERR unimplemented\r\n");
}

TEST_F(SessionTest, NoopBelongsToTheTransaction) {
  EXPECT_EQ(feed(*front(), "NOOP\r\n"), "-ERR authorization first\r\n");
  EXPECT_EQ(feed(*front(Dialect::Qmail), "NOOP\r\n"), "+OK \r\n");
}

TEST_F(SessionTest, AMessageSentWholeTellsItsSizeAndTopTellsNothing) {
  ask("RETR 2\r\nTOP 1 0\r\nTOP 1 999\r\n");
  EXPECT_THAT(box.sent, ElementsAre(std::pair<std::size_t, std::uint64_t>{1, 20}));
}

TEST_F(SessionTest, TheTallyIsWhatWasDone) {
  box.left = 1;
  const auto session = open();
  feed(*session, "RETR 1\r\nTOP 2 0\r\nDELE 1\r\nDELE 2\r\nQUIT\r\n");
  EXPECT_EQ(session->tally().retrieved, 1U);
  EXPECT_EQ(session->tally().tops, 1U);
  EXPECT_EQ(session->tally().removed, 1U);
  EXPECT_EQ(session->tally().not_removed, 1U);
}

}  // namespace
}  // namespace lbx::pop3d
