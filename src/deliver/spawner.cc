// SPDX-License-Identifier: MIT
#include "deliver/spawner.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/user.h"
#include "core/users/lookup_status.h"
#include "deliver/drain.h"
#include "deliver/queue_delivery.h"
#include "deliver/spawn_protocol.h"

namespace lbx::deliver {
namespace {

constexpr std::uint64_t kDoor = 0;
constexpr std::uint64_t kSignals = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kFirstOther = kSignals - 1000;  // of what is watched beside
/// Datagrams taken from one socket before the others have their turn.
constexpr int kDatagramsAtOnce = 64;
constexpr int kTickMs = 1000;

/// Why nobody can be found who delivers. The queue hears it in qmail's words.
Answer not_resolved(Order::Kind kind, const Error& error) {
  if (!is_of_queue(kind)) return answer_of(Report::failed("", error));
  return answer_of_report(local_report({false, users::lookup_status(error)}, ""));
}

Answer process_ended(Order::Kind kind) {
  if (kind == Order::Kind::Local) return answer_of_report(local_report({true, 0}, ""));
  return answer_process_ended();
}

}  // namespace

Spawner::Spawner(users::Resolver& resolver, const SpawnerLimits& limits, std::optional<uid_t> only,
                 UserMain user_main)
    : limits_{limits},
      only_{only},
      user_main_{std::move(user_main)},
      resolutions_{resolver, limits.resolution_age} {}

Spawner::~Spawner() = default;

void Spawner::pass_on(UniqueFd signals, UniqueFd to) {
  signals_ = std::move(signals);
  signals_to_ = std::move(to);
}

void Spawner::also_watch(int fd, std::function<void()> readable) {
  others_.push_back({fd, std::move(readable)});
}

Result<void> Spawner::serve(UniqueFd door) {
  // Children are reaped by the kernel; that one has ended shows on its socket.
  static_cast<void>(std::signal(SIGCHLD, SIG_IGN));
  door_ = std::move(door);
  epoll_ = LBX_TRY(Epoll::open());
  LBX_TRY(epoll_.watch(door_.get(), kDoor));
  if (signals_) LBX_TRY(epoll_.watch(signals_.get(), kSignals));
  for (std::size_t i = 0; i < others_.size(); ++i) {
    LBX_TRY(epoll_.watch(others_[i].fd, kFirstOther + i));
  }
  serving_ = true;
  while (serving_) {
    const Epoll::Ready ready = LBX_TRY(epoll_.wait(next_timeout()));
    const std::int64_t before = std::exchange(now_, monotonic_seconds());
    for (const std::uint64_t id : ready) take_event(id);
    if (now_ != before) look_at_the_clock();
  }
  return {};
}

void Spawner::take_event(std::uint64_t id) {
  if (id == kDoor) return take_orders();
  if (id < kFirstOther) return take_answers(id);
  if (id != kSignals) return others_[id - kFirstOther].readable();
  const int signal = take_signal(signals_.get());
  if (signal != 0) ::syscall(SYS_pidfd_send_signal, signals_to_.get(), signal, nullptr, 0);
}

int Spawner::next_timeout() const {
  return children_.empty() && asked_.empty() ? -1 : kTickMs;
}

void Spawner::take_orders() {
  for (int i = 0; i < kDatagramsAtOnce && serving_; ++i) {
    Result<wire::Datagram> got = wire::receive_datagram(door_.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) return;
    if (!got || got->bytes.empty()) {
      serving_ = false;  // whoever asked has gone; users' processes end when they are done
    } else {
      take_order(std::move(*got));
    }
  }
}

void Spawner::take_order(wire::Datagram datagram) {
  Result<wire::NumberedOrder> said = wire::decode_order(datagram.bytes);
  if (!said || said->number >= kFirstRoute || asked_.contains(said->number)) {
    return log("bad-order", {});
  }
  const auto& [number, order] = *said;
  const std::chrono::seconds time = time_for(order.kind);
  Asked& asked = asked_[number];
  asked = {order.kind, address_of(order), order.sender, {}, now_ + time.count(), 0};
  if (asked_.size() > limits_.orders) return answer(number, answer_later("4.3.2 too busy"));

  if (order.kind == Order::Kind::Settle) return settle(number, order.settler);
  // CONTRACT 1.2: no local part, nothing to do.
  if (is_of_queue(order.kind) && order.local.empty()) {
    return answer(number, {Verdict::Done, ""});
  }
  const Result<ResolutionCache::Entry*> found = resolutions_.find(order, now_);
  if (!found) return answer(number, not_resolved(order.kind, found.error()));
  const users::Resolution& resolution = (*found)->resolution;
  if (const auto no = refusal(order.kind, resolution)) return answer(number, *no);

  const users::Controller& who = resolution.controller;
  Pending pending{{who.account.uid, who.account.gid}, {}, std::move(datagram.descriptor)};
  pending.order = {order.kind, number,        asked.expires,     {}, order.size, order.attempt,
                   order.dsn,  order.earlier, order.settle_later};
  pending.order.request = {who.account.name, who.account.home, resolution.local, who.dash,
                           who.ext,          resolution.host,  order.sender,     ""};
  asked.user = pending.user;
  if (++orders_of_[pending.user] > limits_.orders_per_user) {
    return answer(number, answer_later("4.3.2 too many deliveries for this user at once"));
  }
  const bool introducing = introduces_ && order.kind == Order::Kind::Deliver;
  dispatch(std::move(pending));
  if (introducing) introduce(order, **found);
}

/// Offers the user's process that the front brings further mail for the address itself; once for
/// each time that the address is looked up.
void Spawner::introduce(const Order& order, ResolutionCache::Entry& remembered) {
  const users::Controller& who = remembered.resolution.controller;
  const auto current = by_user_.find({who.account.uid, who.account.gid});
  if (current == by_user_.end() || remembered.offered_to == current->second) return;
  UserChild& child = children_.at(current->second);
  if (child.sent >= limits_.sent_per_user || !child.backlog.empty()) return;

  wire::SocketPair pair;
  if (!child.introduced) {
    Result<wire::SocketPair> made = wire::make_socket_pair();
    if (!made) return;
    pair = std::move(made).value();
  }
  const std::uint64_t number = next_route_++;
  const RouteOffer offer{number,
                         {who.account.name, who.account.home, remembered.resolution.local, who.dash,
                          who.ext, remembered.resolution.host, "", ""}};
  if (!wire::send_datagram(child.socket.get(), encode(offer), pair.theirs.get(), wire::Wait::No)) {
    return;
  }
  child.introduced = true;
  ++child.sent;
  remembered.offered_to = current->second;
  const std::int64_t left = resolutions_.seconds_left(remembered, now_);
  offered_[number] = {
      {current->second, number, static_cast<std::uint64_t>(std::max<std::int64_t>(left, 1)),
       who.account.uid, address_of(order)},
      std::move(pair.ours)};
}

/// Where the user's process has taken the offer, the front hears of it now.
void Spawner::offer_answered(std::uint64_t id, const wire::NumberedAnswer& said) {
  const auto offered = offered_.find(said.number);
  if (offered == offered_.end() || offered->second.introduction.child != id) return;
  const Offered offer = std::move(offered->second);
  offered_.erase(offered);
  if (said.answer.verdict != Verdict::Done) return;
  if (!wire::send_datagram(door_.get(), encode(offer.introduction), offer.front.get(),
                           wire::Wait::Yes)) {
    serving_ = false;
  }
}

/// To that very process: what it has delivered, no other can settle.
void Spawner::settle(std::uint64_t number, std::uint64_t id) {
  const auto found = children_.find(id);
  if (found == children_.end()) {
    return answer(number, answer_later("the user's delivery process has ended"));
  }
  UserChild& child = found->second;
  child.unsettled = false;
  Asked& asked = asked_.at(number);
  asked.user = child.user;
  ++orders_of_[child.user];
  Pending pending{child.user, {}, {}};
  pending.order.kind = Order::Kind::Settle;
  pending.order.number = number;
  pending.order.expires = asked.expires;
  send(id, child, std::move(pending));
}

std::chrono::seconds Spawner::time_for(Order::Kind kind) const {
  if (kind == Order::Kind::Verdict || kind == Order::Kind::Forget) return limits_.verdict_time;
  return kind == Order::Kind::Local ? limits_.local_time : limits_.delivery_time;
}

std::optional<Answer> Spawner::refusal(Order::Kind kind,
                                       const users::Resolution& resolution) const {
  if (!resolution.mine()) return Answer{Verdict::Never, "5.1.2 no mail for this domain here"};
  const uid_t uid = resolution.controller.account.uid;
  if (uid == 0 && is_of_queue(kind)) {
    return not_resolved(kind, Error::later(std::string{users::kNotAsRoot}));
  }
  if (uid == 0) return answer_later("4.3.5 not allowed to deliver as root");
  if (only_ && uid != *only_) {
    return answer_later("4.3.5 not allowed to deliver as another user without being root");
  }
  return std::nullopt;
}

void Spawner::dispatch(Pending pending) {
  UserChild* child = child_of(pending.user);
  if (child == nullptr) {
    if (children_.size() >= limits_.children && !make_room()) {
      waiting_.push_back(std::move(pending));
      return;
    }
    Result<UserChild*> made = fork_child(pending.user);
    if (!made) {
      return answer(pending.order.number, answer_of(Report::failed("", made.error())));
    }
    child = *made;
  }
  const std::uint64_t id = by_user_.at(pending.user);
  if (child->sent < limits_.sent_per_user && child->backlog.empty()) {
    send(id, *child, std::move(pending));
  } else {
    child->backlog.push_back(std::move(pending));
  }
}

Spawner::UserChild* Spawner::child_of(const User& user) {
  const auto found = by_user_.find(user);
  return found == by_user_.end() ? nullptr : &children_.at(found->second);
}

/// Ends the process that has been idle for the longest time, if there is one.
bool Spawner::make_room() {
  auto longest = children_.end();
  for (auto each = children_.begin(); each != children_.end(); ++each) {
    const bool idle =
        each->second.sent == 0 && each->second.backlog.empty() && !each->second.unsettled;
    if (idle && (longest == children_.end() || each->second.used < longest->second.used)) {
      longest = each;
    }
  }
  if (longest == children_.end()) return false;
  child_gone(longest->first);
  return true;
}

Result<Spawner::UserChild*> Spawner::fork_child(const User& user) {
  wire::SocketPair pair = LBX_TRY(wire::make_socket_pair());
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "fork");
  if (pid == 0) be_child(user, pair.theirs.get());
  const std::uint64_t id = next_child_++;
  LBX_TRY(epoll_.watch(pair.ours.get(), id));
  UserChild& child = children_[id];
  child.user = user;
  child.socket = std::move(pair.ours);
  child.born = child.used = now_;
  by_user_[user] = id;
  return &child;
}

void Spawner::be_child(const User& user, int socket) const {
  for (const int each : {SIGCHLD, SIGTERM, SIGINT}) static_cast<void>(std::signal(each, SIG_DFL));
  close_all_but({socket});
  const Result<void> became = become_user(user.first, user.second);
  if (!became || ::chdir("/") != 0) {
    log("no-user",
        {{"uid", std::to_string(user.first)}, {"why", became ? "chdir" : became.error().what}});
    ::_exit(1);
  }
  ::umask(077);
  try {
    user_main_(socket);
  } catch (...) {
    ::_exit(1);  // whoever waits for an answer is told so
  }
  ::_exit(0);
}

void Spawner::send(std::uint64_t id, UserChild& child, Pending pending) {
  const std::uint64_t number = pending.order.number;
  const auto asked = asked_.find(number);
  if (asked == asked_.end()) return;  // it has waited for too long
  const Result<void> sent = wire::send_datagram(child.socket.get(), encode(pending.order),
                                                pending.message.get(), wire::Wait::No);
  if (sent) {
    asked->second.child = id;
    ++child.sent;
    child.used = now_;
  } else if (sent.error().os_error == EAGAIN && child.sent > 0) {
    child.backlog.push_front(std::move(pending));  // its next answer brings us here again
  } else {
    log("user-process", {{"child", std::to_string(id)}, {"why", sent.error().what}});
    answer(number, answer_later("4.3.0 unable to hand the message to the user's process"));
  }
}

void Spawner::take_answers(std::uint64_t id) {
  for (int i = 0; i < kDatagramsAtOnce; ++i) {
    const auto found = children_.find(id);
    if (found == children_.end()) return;
    const Result<wire::Datagram> got =
        wire::receive_datagram(found->second.socket.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) return;
    if (!got || got->bytes.empty()) return child_gone(id);
    const Result<wire::NumberedAnswer> said = wire::decode_answer(got->bytes);
    if (!said || found->second.sent == 0) return child_gone(id);
    --found->second.sent;
    const auto asked = asked_.find(said->number);
    if (said->number >= kFirstRoute) {
      offer_answered(id, *said);
    } else if (asked != asked_.end() &&
               asked->second.child == id) {  // nobody speaks for others' mail
      Answer told = said->answer;
      if (told.settler != 0) told.settler = id;
      found->second.unsettled |= told.settler != 0;
      answer(said->number, told);
    }
    child_is_free(id);
  }
}

void Spawner::child_is_free(std::uint64_t id) {
  UserChild& child = children_.at(id);
  while (!child.backlog.empty() && child.sent < limits_.sent_per_user) {
    const std::size_t before = child.backlog.size();
    Pending next = std::move(child.backlog.front());
    child.backlog.pop_front();
    send(id, child, std::move(next));
    if (child.backlog.size() == before) break;  // its socket is full
  }
  if (child.sent > 0) return;
  if (child.retiring && !child.unsettled) child_gone(id);
  dispatch_waiting();
}

void Spawner::dispatch_waiting() {
  while (!waiting_.empty()) {
    const bool placed = child_of(waiting_.front().user) != nullptr ||
                        children_.size() < limits_.children || make_room();
    if (!placed) return;
    Pending next = std::move(waiting_.front());
    waiting_.pop_front();
    if (asked_.contains(next.order.number)) dispatch(std::move(next));
  }
}

/// Its socket is closed, or shall be: it ends once it has done what it began. Whatever it has not
/// answered, nobody knows the end of.
void Spawner::child_gone(std::uint64_t id) {
  auto gone = children_.extract(id);
  if (gone.empty()) return;
  UserChild& child = gone.mapped();
  const auto current = by_user_.find(child.user);
  if (current != by_user_.end() && current->second == id) by_user_.erase(current);
  child.socket.reset();
  std::erase_if(offered_, [id](const auto& each) { return each.second.introduction.child == id; });
  if (child.introduced) {  // it does what the front has brought, and ends
    const Introduction farewell{id, 0, 0, 0, ""};
    if (!wire::send_datagram(door_.get(), encode(farewell), -1, wire::Wait::Yes)) serving_ = false;
  }
  if (child.sent > 0) {
    std::vector<std::pair<std::uint64_t, Order::Kind>> lost;
    for (const auto& [number, asked] : asked_) {
      if (asked.child == id) lost.emplace_back(number, asked.kind);
    }
    for (const auto& [number, kind] : lost) answer(number, process_ended(kind));
  }
  for (Pending& each : child.backlog) dispatch(std::move(each));
}

void Spawner::answer(std::uint64_t number, const Answer& answer) {
  const auto found = asked_.find(number);
  if (found == asked_.end()) return;
  const Asked& asked = found->second;
  if (asked.kind == Order::Kind::Deliver) {
    log_delivery(asked.to, asked.from, asked.user.first, answer);
  }
  const auto count = orders_of_.find(asked.user);
  if (count != orders_of_.end() && --count->second == 0) orders_of_.erase(count);
  asked_.erase(found);
  if (!wire::send_datagram(door_.get(), encode(number, answer), -1, wire::Wait::Yes)) {
    serving_ = false;
  }
}

void Spawner::look_at_the_clock() {
  std::vector<std::uint64_t> late;
  for (const auto& [number, asked] : asked_) {
    if (asked.expires < now_) late.push_back(number);
  }
  for (const std::uint64_t number : late) {
    answer(number, answer_takes_long());
  }
  std::vector<std::uint64_t> idle;
  for (auto& [id, child] : children_) {
    if (!child.retiring && now_ - child.born >= limits_.age.count()) {
      child.retiring = true;
      by_user_.erase(child.user);
    }
    const bool lingers =
        now_ - child.used < limits_.linger.count() && (!child.retiring || child.unsettled);
    if (child.sent == 0 && child.backlog.empty() && !lingers) idle.push_back(id);
  }
  for (const std::uint64_t id : idle) child_gone(id);
  dispatch_waiting();
}

}  // namespace lbx::deliver
