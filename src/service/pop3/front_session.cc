// SPDX-License-Identifier: MIT
#include "service/pop3/front_session.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/wire/place.h"
#include "service/auth/prepare.h"
#include "service/pop3/mechanisms.h"

namespace lbx::pop3 {
namespace {

using pop3d::Refusal;
using pop3d::SaslStep;

pop3d::Settings settings_for(const FrontDesk& desk, const Peer& peer) {
  pop3d::Settings settings = desk.settings().session;
  settings.refusal_delay = {};  // letterbox-authd holds its answers back
  settings.offer_stls = desk.has_tls();
  settings.offer_xclient = contains(desk.settings().xclients, peer.address);
  return settings;
}

Refusal refusal_of(auth::FailureKind kind) {
  switch (kind) {
    case auth::FailureKind::Credentials:
      return Refusal::Credentials;
    case auth::FailureKind::Malformed:
      return Refusal::Malformed;
    case auth::FailureKind::NotOffered:
      return Refusal::NeedsTls;
    case auth::FailureKind::Temporary:
      break;
  }
  return Refusal::Later;
}

}  // namespace

/// A SASL exchange whose other end is letterbox-authd.
class FrontSession::Exchange final : public pop3d::SaslExchange {
 public:
  Exchange(FrontSession& session, std::string mechanism)
      : session_{session}, mechanism_{std::move(mechanism)} {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() override { session_.give_up(); }

  /// Of those that there are, only LOGIN asks first.
  bool server_first() const override { return mechanism_ == "LOGIN"; }
  SaslStep step(std::string_view response) override {
    const bool asks = std::exchange(first_, false) && server_first();
    const bool begun = session_.exchange_.has_value();
    const std::optional<std::string> initial =
        asks ? std::nullopt : std::optional{std::string{response}};
    const bool asked = begun ? session_.go_on(response) : session_.begin(mechanism_, initial);
    if (!asked) return {SaslStep::Kind::Refused, "", Refusal::Later};
    return {SaslStep::Kind::Awaited, ""};
  }

 private:
  FrontSession& session_;
  std::string mechanism_;
  bool first_{true};
};

FrontSession::FrontSession(FrontDesk& desk, const Peer& peer)
    : desk_{desk},
      address_{peer.address},
      may_xclient_{contains(desk.settings().xclients, peer.address)},
      connection_{false, is_loopback(peer.address) || peer.uid.has_value(), "", ""},
      session_{settings_for(desk, peer), *this} {
  take_offer();
}

FrontSession::~FrontSession() {
  give_up();
  desk_.leave(*this);
}

bool FrontSession::has_output() const {
  return state_ == State::Talking && session_.has_output();
}

bool FrontSession::waiting() const {
  if (state_ == State::Talking) return session_.waiting();
  return state_ == State::Unoffered || state_ == State::Handing || state_ == State::HandedOver;
}

std::chrono::seconds FrontSession::idle_limit() const {
  const pop3d::Settings& settings = desk_.settings().session;
  return state_ == State::HandedOver ? settings.idle_limit : settings.login_limit;
}

void FrontSession::tls_started(const TlsInfo& info) {
  tls_ = info;
  connection_.tls = true;
  connection_.certificate = info.certificate;
  connection_.channel_binding = info.channel_binding;
  session_.tls_started(info);
  take_offer();
}

void FrontSession::take_offer() {
  const std::vector<std::string>* const names = desk_.offer(connection_);
  state_ = names == nullptr ? State::Unoffered : State::Talking;
  if (names == nullptr) return desk_.when_offered(*this);
  mechanisms_ = *names;
  session_.offer(mechanisms_of(mechanisms_), offers_passwords(mechanisms_));
}

void FrontSession::offer_has_come() {
  take_offer();
  wake();
}

bool FrontSession::speaks_for(const std::string& address) {
  if (!may_xclient_) return false;
  address_ = address;
  connection_.loopback = is_loopback(address);
  take_offer();
  return true;
}

pop3d::LoginOutcome FrontSession::log_in(const pop3d::Credentials& credentials) {
  std::string message = auth::plain_message(credentials.user, credentials.secret);
  const bool asked = begin("PLAIN", message);
  auth::wipe(message);
  if (!asked) return Refusal::Later;
  return pop3d::Awaited{};
}

std::unique_ptr<pop3d::SaslExchange> FrontSession::begin_sasl(std::string_view mechanism) {
  return std::make_unique<Exchange>(*this, std::string{mechanism});
}

bool FrontSession::begin(const std::string& mechanism, std::optional<std::string> initial) {
  mechanism_ = mechanism;
  exchange_ = desk_.ask(
      [&](auth::ExchangeId id) {
        return auth::StartRequest{id, mechanism, "pop3", address_, connection_, std::move(initial)};
      },
      [this](const auth::Reply& reply) { take_reply(reply); });
  return exchange_.has_value();
}

bool FrontSession::go_on(std::string_view response) {
  return desk_.go_on(*exchange_, std::string{response});
}

void FrontSession::give_up() {
  if (exchange_) desk_.forget(*exchange_, true);
  exchange_.reset();
}

void FrontSession::take_reply(const auth::Reply& reply) {
  if (const auto* const challenge = std::get_if<auth::ChallengeReply>(&reply)) {
    session_.answer(SaslStep{SaslStep::Kind::Challenge, challenge->bytes});
    return wake();
  }
  desk_.forget(*exchange_, false);
  exchange_.reset();
  if (const auto* const success = std::get_if<auth::SuccessReply>(&reply)) {
    ticket_ = success->ticket;
    state_ = State::LetIn;
  } else if (const auto* const failure = std::get_if<auth::FailureReply>(&reply)) {
    refuse(refusal_of(failure->kind));
  } else {
    refuse(Refusal::Later);
  }
  wake();
}

/// Of a login, whichever way it began.
void FrontSession::refuse(Refusal refusal) {
  state_ = State::Talking;
  session_.refuse_login(refusal);
}

void FrontSession::hand_over(int descriptor) {
  Inheritance inheritance{std::string{session_.unread()}, mechanisms_,
                          offers_passwords(mechanisms_), connection_.tls, desk_.has_tls()};
  std::string tls = connection_.tls ? tls_.version + ' ' + tls_.cipher : "";
  HandoverOrder order{0,          std::exchange(ticket_, {}), address_, std::move(tls),
                      mechanism_, std::move(inheritance)};
  state_ = State::Handing;
  if (!desk_.hand_over(std::move(order), descriptor, *this)) refuse(Refusal::Later);
}

void FrontSession::take_report(const Report& report) {
  if (const auto* const refused = std::get_if<Refused>(&report)) {
    refuse(refused->refusal);
  } else if (std::holds_alternative<Taken>(report)) {
    state_ = State::HandedOver;
  } else {
    state_ = State::Over;
  }
  wake();
}

void FrontSession::over(Ending why) {
  if (state_ == State::HandedOver || state_ == State::Over) return;
  const auto left_out = desk_.rare_log().due(place_of(address_), std::chrono::steady_clock::now());
  if (!left_out) return;
  log("no-login", {{"from", address_},
                   {"tls", connection_.tls ? tls_.version + ' ' + tls_.cipher : "no"},
                   {"end", std::string{name_of(why)}},
                   {"before", std::to_string(*left_out)}});
}

void FrontSession::wake() {
  if (wake_) wake_();
}

}  // namespace lbx::pop3
