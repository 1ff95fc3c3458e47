// SPDX-License-Identifier: MIT
// One client of a front, until it has logged in: the AUTHORIZATION state of RFC 1939, with all
// questions of who somebody is put to letterbox-authd. See front.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/wire/conversation.h"
#include "pop3d/accounts.h"
#include "pop3d/session.h"
#include "service/auth/protocol.h"
#include "service/pop3/front.h"

namespace lbx::pop3 {

class FrontSession final : public Conversation, private pop3d::Accounts {
 public:
  FrontSession(FrontDesk& desk, const Peer& peer);
  FrontSession(const FrontSession&) = delete;
  FrontSession& operator=(const FrontSession&) = delete;
  ~FrontSession() override;

  void input(std::string_view bytes) override { session_.input(bytes); }
  bool has_output() const override;
  void output(std::string& out, std::size_t limit) override { session_.output(out, limit); }
  bool ended() const override { return state_ == State::Over || session_.ended(); }
  bool waiting() const override;
  void on_answer(std::function<void()> call) override { wake_ = std::move(call); }
  std::chrono::seconds idle_limit() const override;
  std::chrono::milliseconds delay() const override { return session_.delay(); }
  bool wants_tls() const override { return session_.wants_tls(); }
  void tls_started(const TlsInfo& info) override;
  bool wants_handover() const override { return state_ == State::LetIn; }
  void hand_over(int descriptor) override;
  bool handed_over() const override { return state_ == State::HandedOver; }
  void over(Ending why) override;

  // From the desk:
  void offer_has_come();
  void take_report(const Report& report);
  /// letterbox-authd has gone, and takes the exchange with it.
  void take_reply(const auth::Reply& reply);

 private:
  enum class State {
    Unoffered,   // what may be offered is not known yet
    Talking,     // or waiting for letterbox-authd
    LetIn,       // with a ticket; the connection is to be handed over
    Handing,     // the spawner has it
    HandedOver,  // another process talks to the client
    Over,        // and has ended
  };
  class Exchange;

  pop3d::LoginOutcome log_in(const pop3d::Credentials& credentials) override;
  std::unique_ptr<pop3d::SaslExchange> begin_sasl(std::string_view mechanism) override;
  bool speaks_for(const std::string& address) override;

  bool begin(const std::string& mechanism, std::optional<std::string> initial);
  bool go_on(std::string_view response);
  void give_up();
  void refuse(pop3d::Refusal refusal);
  void take_offer();
  void wake();

  FrontDesk& desk_;
  std::string address_;
  bool may_xclient_;
  auth::Connection connection_;
  TlsInfo tls_;
  State state_{State::Unoffered};
  std::vector<std::string> mechanisms_;
  std::string mechanism_;  // of the exchange that is or was under way
  std::optional<auth::ExchangeId> exchange_;
  std::string ticket_;
  std::function<void()> wake_;
  pop3d::Session session_;  // last: an exchange of it that ends uses what stands above
};

}  // namespace lbx::pop3
