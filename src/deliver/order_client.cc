// SPDX-License-Identifier: MIT
#include "deliver/order_client.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "core/wire/datagram.h"

namespace lbx::deliver {
namespace {

constexpr std::chrono::milliseconds kTick{1000};
constexpr std::chrono::milliseconds kNotNow{std::chrono::hours{24 * 365 * 100}};

}  // namespace

const Answer* VerdictCache::find(const Order& order) {
  const auto found = entries_.find(key(order));
  if (found == entries_.end()) return nullptr;
  const Entry& entry = found->second;
  const std::int64_t now = clock_.now().seconds;
  if (now < entry.since || now - entry.since >= age_.count()) {
    entries_.erase(found);
    return nullptr;
  }
  const bool yes = entry.answer.verdict == Verdict::Done;
  if (yes ? order.size > entry.size : order.size < entry.size) return nullptr;
  return &entry.answer;
}

void VerdictCache::keep(const Order& order, const Answer& answer) {
  if (age_.count() == 0) return;
  if (entries_.size() >= kMaxCachedVerdicts) entries_.clear();
  entries_.insert_or_assign(key(order), Entry{answer, order.size, clock_.now().seconds});
}

void OrderClient::ask(const Order& order, std::shared_ptr<const UniqueFd> message,
                      Answered answered) {
  if (order.kind == Order::Kind::Verdict) {
    if (const Answer* known = verdicts_.find(order)) return answered(Answer{*known});
  }
  if (order.kind == Order::Kind::Deliver && send_straight(order, message, answered)) return;
  const std::uint64_t number = next_++;
  under_way_.emplace(number, UnderWay{order, std::move(answered)});
  queue_.push_back({number, encode(number, order), std::move(message)});
  send_queued();
}

Result<void> OrderClient::use_routes(Watch watch, std::chrono::seconds delivery_time) {
  tick_.emplace(LBX_TRY(Timer::after(kNotNow)));
  watch_ = std::move(watch);
  delivery_time_ = delivery_time;
  watch_(tick_->fd(), [this] {
    look_at_the_clock();
    return true;
  });
  return {};
}

/// False: it has to go by the door.
bool OrderClient::send_straight(const Order& order, const std::shared_ptr<const UniqueFd>& message,
                                Answered& answered) {
  const auto found = routes_.find(order.local + '@' + order.domain);
  if (lost_ || found == routes_.end()) return false;
  const Route& route = found->second;
  const std::int64_t now = monotonic_seconds();
  const auto channel = channels_.find(route.child);
  if (now >= route.until || channel == channels_.end()) {
    routes_.erase(found);
    return false;
  }
  Channel& to = *channel->second;
  if (to.under_way.size() >= kMaxRoutedAtOnce || under_way_.size() >= kMaxOrdersSent) return false;
  const std::uint64_t number = next_;
  const RoutedOrder routed{number,     route.number, now + delivery_time_.count(),
                           order.size, order.sender, order.attempt,
                           order.dsn};
  if (!wire::send_datagram(to.socket.get(), encode(routed), message ? message->get() : -1,
                           wire::Wait::No)) {
    return false;
  }
  ++next_;
  to.under_way.insert(number);
  under_way_.emplace(number,
                     UnderWay{order, std::move(answered), route.child, routed.expires, route.uid});
  return true;
}

void OrderClient::take_introduction(const Introduction& introduction, UniqueFd socket) {
  const std::uint64_t child = introduction.child;
  if (introduction.route == 0) return end_of_routes(child);
  if (!watch_) return;
  if (socket) {
    const auto channel = std::make_shared<Channel>(Channel{std::move(socket)});
    channels_[child] = channel;
    // Watching keeps the channel: its descriptor is closed when it is watched no more.
    watch_(channel->socket.get(), [this, child, channel] { return take_from(child); });
  }
  if (routes_.size() >= kMaxRoutes) routes_.clear();
  const std::int64_t until = monotonic_seconds() + static_cast<std::int64_t>(introduction.seconds);
  routes_.insert_or_assign(introduction.address,
                           Route{child, introduction.route, introduction.uid, until});
  if (!std::exchange(ticking_, true)) static_cast<void>(tick_->restart(kTick));
}

/// The process is to end, once it has done what it has.
void OrderClient::end_of_routes(std::uint64_t child) {
  std::erase_if(routes_, [child](const auto& each) { return each.second.child == child; });
  const auto channel = channels_.find(child);
  if (channel == channels_.end()) return;
  channel->second->ending = true;
  close_if_done(child);
}

void OrderClient::close_if_done(std::uint64_t child) {
  const auto found = channels_.find(child);
  if (!found->second->ending || !found->second->under_way.empty()) return;
  ::shutdown(found->second->socket.get(), SHUT_RDWR);  // what watches it sees its end
  channels_.erase(found);
}

/// False: the channel has ended.
bool OrderClient::take_from(std::uint64_t child) {
  for (;;) {
    const auto found = channels_.find(child);
    if (found == channels_.end()) return false;
    const std::shared_ptr<Channel> channel = found->second;
    const Result<wire::Datagram> got =
        wire::receive_datagram(channel->socket.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) return true;
    // Said once of a process that has ended with orders unread; its answers come behind it.
    if (!got && got.error().os_error == ECONNRESET) continue;
    const auto said =
        got ? wire::decode_answer(got->bytes) : Result<wire::NumberedAnswer>{got.error()};
    // Nobody speaks for others' mail.
    if (!said || channel->under_way.erase(said->number) == 0) {
      channel_gone(child);
      return false;
    }
    answer(said->number, said->answer);
    if (channel->under_way.empty()) {
      if (channel->ending) channel_gone(child);
      return !channel->ending;
    }
  }
}

void OrderClient::channel_gone(std::uint64_t child) {
  const auto gone = channels_.extract(child);
  if (gone.empty()) return;
  std::erase_if(routes_, [child](const auto& each) { return each.second.child == child; });
  for (const std::uint64_t number : std::exchange(gone.mapped()->under_way, {})) {
    answer(number, answer_later("4.3.0 the user's delivery process has ended"));
  }
}

/// Once a second while there are channels.
void OrderClient::look_at_the_clock() {
  const std::int64_t now = monotonic_seconds();
  std::erase_if(routes_, [now](const auto& each) { return each.second.until <= now; });
  std::vector<std::uint64_t> late;
  for (const auto& [child, channel] : channels_) {
    for (const std::uint64_t number : channel->under_way) {
      const auto found = under_way_.find(number);  // not if it was late before
      if (found != under_way_.end() && found->second.expires < now) late.push_back(number);
    }
  }
  for (const std::uint64_t number : late) {
    answer(number, answer_later("4.4.7 the delivery takes long; it goes on"));
  }
  ticking_ = !channels_.empty();
  static_cast<void>(tick_->restart(ticking_ ? kTick : kNotNow));
}

void OrderClient::send_queued() {
  while (!lost_ && !queue_.empty() && under_way_.size() - queue_.size() < kMaxOrdersSent) {
    const Queued& first = queue_.front();
    const Result<void> sent = wire::send_datagram(
        door_.get(), first.bytes, first.message ? first.message->get() : -1, wire::Wait::No);
    // The door is full: there are orders before this one, whose answers bring us here again.
    if (!sent && sent.error().os_error == EAGAIN && under_way_.size() > queue_.size()) return;
    const std::uint64_t number = first.number;
    const bool gone = !sent && sent.error().os_error == EPIPE;
    queue_.pop_front();
    if (gone) return lose();
    if (!sent) answer(number, answer_later("4.3.0 unable to hand the message on"));
  }
  if (lost_) lose();
}

void OrderClient::answer(std::uint64_t number, const Answer& answer) {
  auto found = under_way_.extract(number);
  if (found.empty()) return;
  const UnderWay& done = found.mapped();
  if (done.order.kind == Order::Kind::Verdict) verdicts_.keep(done.order, answer);
  if (done.child != 0) {
    log_delivery(done.order.local + '@' + done.order.domain, done.order.sender, done.uid, answer);
  }
  done.answered(answer);
}

void OrderClient::take_answers() {
  while (!lost_) {
    Result<wire::Datagram> got = wire::receive_datagram(door_.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) break;
    if (!got || got->bytes.empty()) return lose();
    if (const std::optional<Introduction> introduction = decode_introduction(got->bytes)) {
      take_introduction(*introduction, std::move(got->descriptor));
      continue;
    }
    const Result<wire::NumberedAnswer> said = wire::decode_answer(got->bytes);
    if (!said) return lose();
    answer(said->number, said->answer);
  }
  send_queued();
}

void OrderClient::lose() {
  lost_ = true;
  queue_.clear();
  while (!under_way_.empty()) {
    answer(under_way_.begin()->first, answer_later("4.3.2 the delivery service has ended"));
  }
}

}  // namespace lbx::deliver
