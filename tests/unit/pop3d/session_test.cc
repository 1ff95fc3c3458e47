// SPDX-License-Identifier: MIT
#include "pop3d/session.h"

#include <gmock/gmock.h>

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
  std::optional<Refusal> refusal;
  std::vector<Credentials> seen;

  std::variant<std::unique_ptr<Maildrop>, Refusal> log_in(const Credentials& given) override {
    seen.push_back(given);
    if (refusal) return *refusal;
    if (given.user != "bob" || given.secret != "secret word ") return Refusal::Credentials;
    return std::make_unique<FakeMaildrop>(box_);
  }

 private:
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
            "-ERR unable to open that message\r\n-ERR unable to open that message\r\n+OK \r\n");
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
  EXPECT_EQ(feed(*front(), "USER bob\r\nPASS x\r\nNOOP\r\n"),
            "+OK \r\n-ERR [SYS/TEMP] the maildrop cannot be opened now\r\n+OK \r\n");
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
    "NOOP\r\nUSER bob\r\nPASS secret word \r\nSTAT\nLIST\r\nUIDL 2\r\nTOP 1 0\r\nRETR 2\r\n"
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

}  // namespace
}  // namespace lbx::pop3d
