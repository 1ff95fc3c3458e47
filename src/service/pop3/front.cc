// SPDX-License-Identifier: MIT
#include "service/pop3/front.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/log.h"
#include "core/wire/datagram.h"
#include "service/pop3/front_session.h"
#include "service/tls_follower.h"

namespace lbx::pop3 {
namespace {

using std::chrono::steady_clock;

constexpr int kMessagesAtOnce = 64;

}  // namespace

FrontDesk::FrontDesk(const FrontSettings& settings, int spawner)
    : settings_{settings}, spawner_{spawner} {}

std::unique_ptr<Conversation> FrontDesk::welcome(const Peer& peer) {
  return std::make_unique<FrontSession>(*this, peer);
}

void FrontDesk::use(ListenerLoop& loop) {
  loop_ = &loop;
  if (auth_) loop.watch({auth_->fd(), [this] { return take_auth_replies(); }});
}

Result<void> FrontDesk::wait_for_spawner() {
  while (!auth_known_ || (settings_.tls && !tls_)) {
    Result<wire::Datagram> got = wire::receive_datagram(spawner_, wire::Wait::Yes);
    if (!got) return got.error();
    if (got->bytes.empty()) return Error::later("the spawner has gone");
    const SpawnerMessage message = LBX_TRY(parse_spawner_message(got->bytes));
    take(message, std::move(got->descriptor));
  }
  return {};
}

bool FrontDesk::take_spawner_messages() {
  for (int i = 0; i < kMessagesAtOnce; ++i) {
    Result<wire::Datagram> got = wire::receive_datagram(spawner_, wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) return true;
    if (!got || got->bytes.empty()) return false;
    const Result<SpawnerMessage> message = parse_spawner_message(got->bytes);
    if (!message) return false;
    take(*message, std::move(got->descriptor));
  }
  return true;
}

void FrontDesk::take(const SpawnerMessage& message, UniqueFd descriptor) {
  if (const auto* const report = std::get_if<Report>(&message)) {
    take_report(*report);
  } else if (std::holds_alternative<NewTls>(message)) {
    take_tls(std::move(descriptor));
  } else {
    take_auth(std::move(descriptor));
  }
}

void FrontDesk::take_report(const Report& report) {
  const SessionNumber number = std::visit([](const auto& each) { return each.number; }, report);
  const auto found = handed_over_.find(number);
  if (found == handed_over_.end()) return;
  FrontSession& session = *found->second;
  if (!std::holds_alternative<Taken>(report)) handed_over_.erase(found);
  session.take_report(report);
}

void FrontDesk::take_tls(UniqueFd file) {
  PosixFileOps files;
  auto made = receive_tls(files, file.get());
  if (!made) return log("tls-unchanged", {{"why", made.error().what}});
  tls_ = std::move(made).value();
}

void FrontDesk::take_auth(UniqueFd socket) {
  auth_known_ = true;
  if (!socket) return;
  if (auth_) auth_is_lost();
  auth_.emplace(std::move(socket));
  if (loop_ != nullptr) use(*loop_);
  offers_.clear();
  for (FrontSession* const each : std::exchange(waiting_for_offer_, {})) each->offer_has_come();
}

bool FrontDesk::take_auth_replies() {
  while (auth_) {
    const Result<std::optional<auth::Reply>> got = auth_->receive();
    if (!got) {
      auth_is_lost();
      static_cast<void>(
          wire::send_datagram(spawner_, encode(FrontMessage{AuthLost{}}), -1, wire::Wait::No));
      return false;
    }
    if (!*got) break;
    const auto found = exchanges_.find(id_of(**got));
    if (found == exchanges_.end()) continue;
    const AuthHandler handler = found->second;  // it may be forgotten meanwhile
    handler(**got);
  }
  if (auth_) static_cast<void>(auth_->flush());
  return auth_.has_value();
}

/// Whoever was logging in is told to try again.
void FrontDesk::auth_is_lost() {
  log("auth-lost", {});
  auth_.reset();
  const auto lost = std::exchange(exchanges_, {});
  for (const auto& [id, handler] : lost) {
    handler(auth::FailureReply{id, auth::FailureKind::Temporary});
  }
}

const std::vector<std::string>* FrontDesk::offer(const auth::Connection& connection) {
  const OfferKey key{connection.tls, connection.loopback, !connection.certificate.empty(),
                     !connection.channel_binding.empty()};
  Offer& offer = offers_[key];
  const auto now = steady_clock::now();
  if (now - offer.asked > kOfferAge) {
    offer.asked = now;
    const auto asked = ask(
        [&](auth::ExchangeId id) {
          return auth::OfferRequest{id, connection};
        },
        [this, key](const auth::Reply& reply) {
          forget(id_of(reply), false);
          Offer& answered = offers_[key];
          const auto* const names = std::get_if<auth::OfferReply>(&reply);
          if (names != nullptr) answered.names = names->mechanisms;
          answered.known = true;
          offers_have_come();
        });
    if (!asked) offer.known = true;  // nothing, or what it was
  }
  return offer.known ? &offer.names : nullptr;
}

void FrontDesk::when_offered(FrontSession& session) {
  waiting_for_offer_.push_back(&session);
}

void FrontDesk::offers_have_come() {
  for (FrontSession* const each : std::exchange(waiting_for_offer_, {})) each->offer_has_come();
}

std::optional<auth::ExchangeId> FrontDesk::ask(
    const std::function<auth::Request(auth::ExchangeId)>& request, AuthHandler handler) {
  if (!auth_) return std::nullopt;
  const auth::ExchangeId id = auth_->next_id();
  if (!auth_->send(request(id))) return std::nullopt;
  exchanges_.emplace(id, std::move(handler));
  return id;
}

bool FrontDesk::go_on(auth::ExchangeId exchange, const std::string& bytes) {
  return auth_ && auth_->send(auth::StepRequest{exchange, bytes}).has_value();
}

void FrontDesk::forget(auth::ExchangeId exchange, bool cancel) {
  if (exchanges_.erase(exchange) == 0 || !cancel || !auth_) return;
  static_cast<void>(auth_->send(auth::CancelRequest{exchange}));
}

bool FrontDesk::hand_over(HandoverOrder order, int descriptor, FrontSession& session) {
  order.number = ++last_number_;
  const Result<void> sent = wire::send_datagram(spawner_, encode(FrontMessage{std::move(order)}),
                                                descriptor, wire::Wait::No);
  if (sent) handed_over_.emplace(last_number_, &session);
  return sent.has_value();
}

void FrontDesk::leave(FrontSession& session) {
  std::erase(waiting_for_offer_, &session);
  std::erase_if(handed_over_, [&](const auto& each) { return each.second == &session; });
}

}  // namespace lbx::pop3
