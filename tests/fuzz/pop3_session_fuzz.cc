// SPDX-License-Identifier: MIT
// Any bytes, cut anywhere, as what a POP3 client sends: the same answers however they are cut, no
// answer to what has not been sent, every answer in lines, and nothing removed without a QUIT.
// The first octet chooses state and dialect, the second one how the rest is cut.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "pop3d/session.h"
#include "support/fake_maildrop.h"
#include "support/require.h"

using namespace lbx;
using namespace lbx::pop3d;
using lbx::testing_support::FakeMailbox;
using lbx::testing_support::FakeMaildrop;

namespace {

class OnePassword final : public Accounts {
 public:
  explicit OnePassword(FakeMailbox& box) : box_{box} {}
  LoginOutcome log_in(const Credentials& given) override {
    if (given.secret == "later") return Refusal::Later;
    if (given.secret == "over") return Refusal::HandedOver;
    if (given.secret != "x") return Refusal::Credentials;
    return std::make_unique<FakeMaildrop>(box_);
  }
  std::unique_ptr<SaslExchange> begin_sasl(std::string_view mechanism) override {
    return std::make_unique<ThreeSteps>(mechanism == "LOGIN");
  }
  LoginOutcome open(const std::string& account) override {
    if (account == "later") return Refusal::Later;
    return std::make_unique<FakeMaildrop>(box_);
  }

 private:
  /// Echoes two responses; the third is the account.
  class ThreeSteps final : public SaslExchange {
   public:
    explicit ThreeSteps(bool server_first) : server_first_{server_first} {}
    bool server_first() const override { return server_first_; }
    SaslStep step(std::string_view response) override {
      if (response == "no") return {SaslStep::Kind::Refused, "", Refusal::Malformed};
      if (++steps_ < 3) return {SaslStep::Kind::Challenge, std::string{response}};
      return {SaslStep::Kind::Done, std::string{response}};
    }

   private:
    bool server_first_;
    unsigned steps_{0};
  };

  FakeMailbox& box_;
};

std::string pull(Session& session, std::size_t limit) {
  std::string all;
  while (session.has_output()) {
    std::string piece;
    session.output(piece, limit);
    require(piece.size() <= limit + Conversation::kOutputSlack);
    all += piece;
  }
  return all;
}

/// RFC 2449 section 4: of first lines; those of this maildrop and of CAPA are as short.
void require_short_lines(std::string_view answers) {
  constexpr std::size_t kMost = 512;
  while (!answers.empty()) {
    const std::size_t size = answers.find("\r\n") + 2;
    require(size >= 2 && (size <= kMost || answers.starts_with("+ ")));  // a challenge
    answers.remove_prefix(size);
  }
}

struct Outcome {
  std::string answers;
  bool ended;
  bool updated;
  bool operator==(const Outcome&) const = default;
};

/// `cut`: octets in one piece; 0: all.
Outcome play(std::string_view bytes, unsigned kind, std::size_t cut, std::size_t limit) {
  FakeMailbox box;
  box.messages = {"A: b\n\n.x\n\n.", "\r\n.\r\n..\r\n", "", "x: y\r\n\r\nz\r"};
  OnePassword accounts{box};
  Settings settings;
  settings.dialect = (kind & 1U) != 0 ? Dialect::Qmail : Dialect::Letterbox;
  settings.offer_apop = (kind & 2U) != 0;
  if ((kind & 8U) != 0) settings.mechanisms = {{"PLAIN", true}, {"LOGIN", true}};
  settings.offer_stls = (kind & 16U) != 0;
  settings.plaintext_logins = (kind & 32U) == 0;
  if ((kind & 64U) != 0) settings.utf8 = Utf8::Strict;
  std::unique_ptr<Session> session;
  if ((kind & 4U) != 0) {
    session = std::make_unique<Session>(settings, accounts);
  } else {
    session = std::make_unique<Session>(settings, std::make_unique<FakeMaildrop>(box));
  }
  std::string answers = pull(*session, limit);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, cut == 0 ? bytes.npos : cut);
    bytes.remove_prefix(piece.size());
    session->input(piece);
    const std::string answer = pull(*session, limit);
    // A line that is too long is answered before its end has come; all else, at its end.
    require(answer.empty() || piece.find('\n') != piece.npos || answer == "-ERR line too long\r\n");
    answers += answer;
    // What is sent before TLS begins does nothing (CVE-2011-0411).
    if (session->wants_tls()) require(!session->has_output() && !session->logged_in());
  }
  require(answers.empty() || answers.ends_with("\r\n"));
  require_short_lines(answers);
  return {answers, session->ended(), box.updated.has_value()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned kind = data[0];
  const std::size_t cut = data[1];
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};

  const Outcome whole = play(bytes, kind, 0, 4096);
  require(play(bytes, kind, 1, 4096) == whole);
  require(play(bytes, kind, cut, 1) == whole);
  require(!whole.updated || whole.ended);
  return 0;
}
