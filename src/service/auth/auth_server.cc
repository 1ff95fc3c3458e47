// SPDX-License-Identifier: MIT
#include "service/auth/auth_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>

#include "core/base/ascii.h"
#include "core/base/log.h"
#include "core/wire/datagram.h"
#include "core/wire/place.h"
#include "service/auth/auth_client.h"
#include "service/auth/prepare.h"

namespace lbx::auth {
namespace {

using std::chrono::steady_clock;

constexpr int kTickMs = 1000;        // how often exchanges are looked over
constexpr int kMaxReadsAtOnce = 16;  // of one front, before the next one has its turn
constexpr int kBacklog = 128;

std::string_view word_of(FailureKind kind) {
  return kind == FailureKind::Credentials ? "credentials" : "other";
}

Reply reply_of(ExchangeId id, const SaslStep& step) {
  if (const auto* const challenge = std::get_if<Challenge>(&step)) {
    return ChallengeReply{id, challenge->bytes};
  }
  if (const auto* const success = std::get_if<Success>(&step)) {
    return SuccessReply{id, success->account, success->authzid, ""};
  }
  return FailureReply{id, std::get<Failure>(step).kind};
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

}  // namespace

AuthServer::AuthServer(Authenticator& authenticator, Randomness& randomness,
                       std::unique_ptr<WorkerPool> pool, Millis base_delay,
                       std::vector<uid_t> clients, ServerLimits limits)
    : authenticator_{authenticator},
      randomness_{randomness},
      penalties_{base_delay},
      clients_{std::move(clients)},
      limits_{limits},
      pool_{std::move(pool)} {}

Result<void> AuthServer::serve(int listener, int stop) {
  for (;;) {
    std::vector<pollfd> watched = watch_list(listener, stop);
    if (::poll(watched.data(), watched.size(), timeout_ms(steady_clock::now())) < 0 &&
        errno != EINTR) {
      return Error::from_errno(errno, "poll");
    }
    if (watched[0].revents != 0) return {};
    if (watched[1].revents != 0) {
      for (Done& each : pool_->take_done()) finish(std::move(each));
    }
    std::size_t i = 3;
    for (auto& [connection, front] : fronts_) {  // in the order of watch_list()
      const short events = watched[i++].revents;
      if ((events & POLLOUT) != 0) flush(front);
      if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) read_from(connection, front);
    }
    if (watched[2].revents != 0) accept_front(listener);
    const Time now = steady_clock::now();
    release_held(now);
    sweep(now);
  }
}

std::vector<pollfd> AuthServer::watch_list(int listener, int stop) const {
  const bool room = fronts_.size() < limits_.connections;
  std::vector<pollfd> watched{
      {stop, POLLIN, 0}, {pool_->fd(), POLLIN, 0}, {room ? listener : -1, POLLIN, 0}};
  for (const auto& [connection, front] : fronts_) {
    const bool full = front.unsent.size() >= limits_.unsent;
    const int events = (full ? 0 : POLLIN) | (front.unsent.empty() ? 0 : POLLOUT);
    watched.push_back({front.socket.get(), static_cast<short>(events), 0});
  }
  return watched;
}

int AuthServer::timeout_ms(Time now) const {
  if (held_.empty()) return kTickMs;
  const auto due = std::chrono::ceil<Millis>(held_.begin()->first - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(due, 0, kTickMs));
}

void AuthServer::accept_front(int listener) {
  UniqueFd socket{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!socket || !may_connect(socket.get())) return;
  fronts_[++last_connection_].socket = std::move(socket);
}

bool AuthServer::may_connect(int socket) {
  const Result<uid_t> uid = wire::peer_uid(socket);
  if (uid && std::ranges::find(clients_, *uid) != clients_.end()) return true;
  log_rarely("auth-refused", "uid", uid ? std::to_string(*uid) : uid.error().what);
  return false;
}

void AuthServer::read_from(std::uint64_t connection, Front& front) {
  for (int i = 0; i < kMaxReadsAtOnce && !front.broken; ++i) {
    Result<wire::Datagram> got = wire::receive_datagram(front.socket.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) return;
    const bool gone = !got || got->bytes.empty();
    Result<Request> request = gone ? Error::later("gone") : parse_request(got->bytes);
    if (!gone) wipe(got->bytes);
    front.broken = !request;
    if (!request && !gone) log_rarely("auth-nonsense", "why", request.error().what);
    if (request) handle(connection, front, std::move(request).value());
  }
}

void AuthServer::handle(std::uint64_t connection, Front& front, Request request) {
  if (const auto* const offer = std::get_if<OfferRequest>(&request)) {
    reply(connection, OfferReply{offer->id, authenticator_.offer(offer->connection)});
  } else if (auto* const begin = std::get_if<StartRequest>(&request)) {
    start(connection, front, std::move(*begin));
  } else if (auto* const more = std::get_if<StepRequest>(&request)) {
    step(front, std::move(*more));
  } else if (const auto* const ticket = std::get_if<RedeemRequest>(&request)) {
    reply(connection, redeem(*ticket));
  } else {
    front.slots.erase(id_of(request));  // a thread may still have it; nobody gets what comes of it
  }
}

void AuthServer::start(std::uint64_t connection, Front& front, StartRequest request) {
  if (front.slots.contains(request.id)) {
    front.broken = true;
    return;
  }
  if (front.slots.size() >= limits_.exchanges) {
    return reply(connection, FailureReply{request.id, FailureKind::Temporary});
  }
  const std::string mechanism = upper(request.mechanism);
  const std::vector<std::string> offer = authenticator_.offer(request.connection);
  if (std::ranges::find(offer, mechanism) == offer.end()) {
    return reply(connection, FailureReply{request.id, FailureKind::NotOffered});
  }
  auto exchange = std::make_shared<Exchange>();
  exchange->connection = connection;
  exchange->id = request.id;
  exchange->client = {request.protocol, request.address, request.connection.tls};
  exchange->mechanism = mechanism;
  exchange->backend = std::make_unique<ClientBackend>(authenticator_, exchange->client);
  Result<std::unique_ptr<SaslServer>> sasl =
      SaslServer::start(mechanism, *exchange->backend, request.connection);
  if (!sasl) {
    log("auth-broken", {{"mechanism", mechanism}, {"why", sasl.error().what}});
    return reply(connection, FailureReply{request.id, FailureKind::Temporary});
  }
  exchange->sasl = std::move(sasl).value();
  Slot& slot = front.slots[request.id];
  slot.exchange = std::move(exchange);
  run_job(front, slot, std::move(request.initial));
}

void AuthServer::step(Front& front, StepRequest request) {
  const auto found = front.slots.find(request.id);
  if (found == front.slots.end()) return;  // it has just been given up
  if (found->second.busy) {
    front.broken = true;
    return;
  }
  run_job(front, found->second, std::move(request.bytes));
}

void AuthServer::run_job(Front& front, Slot& slot, std::optional<std::string> message) {
  slot.busy = true;
  slot.touched = steady_clock::now();
  const std::shared_ptr<Exchange> exchange = slot.exchange;
  if (pool_->submit({exchange, std::move(message)})) return;
  front.slots.erase(exchange->id);
  reply(exchange->connection, FailureReply{exchange->id, FailureKind::Temporary});
}

/// Nothing where the front has gone or given it up.
AuthServer::Slot* AuthServer::slot_of(const Exchange& exchange) {
  const auto front = fronts_.find(exchange.connection);
  if (front == fronts_.end()) return nullptr;
  const auto slot = front->second.slots.find(exchange.id);
  const bool same = slot != front->second.slots.end() && slot->second.exchange.get() == &exchange;
  return same ? &slot->second : nullptr;
}

void AuthServer::log_end(const Exchange& exchange, const SaslStep& step) {
  const Client& client = exchange.client;
  const std::string from = client.address.empty() ? "local" : client.address;
  if (const auto* const success = std::get_if<Success>(&step)) {
    return log("auth-ok", {{"user", success->account.name},
                           {"mechanism", exchange.mechanism},
                           {"protocol", client.protocol},
                           {"from", from}});
  }
  const auto* const failure = std::get_if<Failure>(&step);
  if (failure == nullptr) return;
  const std::string key = exchange.mechanism + ' ' + std::string{word_of(failure->kind)} + ' ' +
                          place_of(client.address);
  const auto left_out = rare_log_.due(key, steady_clock::now());
  if (!left_out) return;
  log("auth-failed", {{"user", exchange.sasl->name().substr(0, kMaxName)},
                      {"mechanism", exchange.mechanism},
                      {"protocol", client.protocol},
                      {"from", from},
                      {"why", failure->why},
                      {"before", std::to_string(*left_out)}});
}

/// What one of our own users, or a front that is broken into, can cause at will.
void AuthServer::log_rarely(std::string_view event, const std::string& key,
                            const std::string& why) {
  const auto left_out = rare_log_.due(std::string{event} + why, steady_clock::now());
  if (left_out) log(event, {{key, why}, {"before", std::to_string(*left_out)}});
}

/// Holds the answer back for as long as it costs; success, too, where others have failed before.
void AuthServer::finish(Done done) {
  const Exchange& exchange = *done.exchange;
  log_end(exchange, done.step);
  const std::string& address = exchange.client.address;
  const std::string& name = exchange.sasl->name();
  const Time now = steady_clock::now();
  const Slot* const slot = slot_of(exchange);
  Millis cost{0};
  if (!std::holds_alternative<Challenge>(done.step)) cost = penalties_.delay(address, name, now);
  if (const auto* const failure = std::get_if<Failure>(&done.step)) {
    cost = std::max(cost, penalties_.base());
    // A client that hangs up before it hears the answer has failed all the same.
    if (failure->kind == FailureKind::Credentials) penalties_.failed(address, name, now);
  }
  if (slot == nullptr) return;
  Reply answer = reply_of(exchange.id, done.step);
  held_.emplace(slot->touched + cost, Held{std::move(done.exchange), std::move(answer)});
}

void AuthServer::release_held(Time now) {
  while (!held_.empty() && held_.begin()->first <= now) {
    const Held each = std::move(held_.extract(held_.begin()).mapped());
    Slot* const slot = slot_of(*each.exchange);
    if (slot == nullptr) continue;  // given up meanwhile
    const std::uint64_t connection = each.exchange->connection;
    const auto* const success = std::get_if<SuccessReply>(&each.reply);
    slot->busy = false;
    slot->touched = now;
    if (!std::holds_alternative<ChallengeReply>(each.reply)) {
      fronts_.at(connection).slots.erase(each.exchange->id);
    }
    reply(connection, success != nullptr ? with_ticket(*success, now) : each.reply);
  }
}

Reply AuthServer::with_ticket(SuccessReply success, Time now) {
  if (tickets_.size() >= limits_.tickets) {
    log_rarely("auth-broken", "why", "too many tickets");
    return FailureReply{success.id, FailureKind::Temporary};
  }
  success.ticket =
      ascii::to_hex(randomness_.bits64(), 16) + ascii::to_hex(randomness_.bits64(), 16);
  tickets_.insert_or_assign(success.ticket, Ticket{success.account, now});
  return success;
}

Reply AuthServer::redeem(const RedeemRequest& request) {
  const auto found = tickets_.extract(request.ticket);
  if (found.empty()) return FailureReply{request.id, FailureKind::Credentials};
  return SuccessReply{request.id, found.mapped().account, "", ""};
}

void AuthServer::reply(std::uint64_t connection, const Reply& reply) {
  Front& front = fronts_.at(connection);
  front.unsent.push_back(encode(reply));
  flush(front);
}

void AuthServer::flush(Front& front) {
  while (!front.unsent.empty()) {
    const Result<void> sent =
        wire::send_datagram(front.socket.get(), front.unsent.front(), -1, wire::Wait::No);
    if (!sent && sent.error().os_error == EAGAIN) return;
    if (!sent) front.broken = true;
    front.unsent.pop_front();
  }
}

void AuthServer::sweep(Time now) {
  std::erase_if(fronts_, [](const auto& each) { return each.second.broken; });
  std::erase_if(tickets_,
                [&](const auto& each) { return now - each.second.made > limits_.ticket_age; });
  for (auto& [connection, front] : fronts_) {
    std::vector<ExchangeId> late;
    for (const auto& [id, slot] : front.slots) {
      if (!slot.busy && now - slot.touched > limits_.idle) late.push_back(id);
    }
    for (const ExchangeId id : late) {
      front.slots.erase(id);
      reply(connection, FailureReply{id, FailureKind::Temporary});
    }
  }
}

Result<UniqueFd> listen_at(const std::string& path) {
  const AuthSocketAddress at = LBX_TRY(auth_socket_address(path));
  const bool file = path.front() != '@';
  if (AuthClient::connect(path)) return Error::later(path + ": somebody serves it already");
  UniqueFd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return Error::from_errno(errno, "socket");
  if (file) static_cast<void>(::unlink(path.c_str()));
  // The API of sockets wants this cast.
  const auto* const generic = reinterpret_cast<const sockaddr*>(&at.address);
  if (::bind(socket.get(), generic, at.size) != 0 || (file && ::chmod(path.c_str(), 0666) != 0) ||
      ::listen(socket.get(), kBacklog) != 0) {
    return Error::from_errno(errno, path);
  }
  return socket;
}

}  // namespace lbx::auth
