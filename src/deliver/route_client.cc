// SPDX-License-Identifier: MIT
#include "deliver/route_client.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/wire/datagram.h"

namespace lbx::deliver {
namespace {

constexpr std::chrono::milliseconds kTick{1000};

}  // namespace

Result<std::unique_ptr<RouteClient>> RouteClient::open(Watch watch,
                                                       std::chrono::seconds delivery_time) {
  Timer tick = LBX_TRY(Timer::stopped());
  // The constructor is private, hence the naked new.
  std::unique_ptr<RouteClient> client{
      new RouteClient{std::move(watch), delivery_time, std::move(tick)}};  // NOLINT
  client->watch_(client->tick_.fd(), [raw = client.get()] {
    raw->look_at_the_clock();
    return true;
  });
  return client;
}

void RouteClient::take(const Introduction& introduction, UniqueFd socket) {
  const std::uint64_t child = introduction.child;
  if (introduction.route == 0) return end_of_routes(child);
  if (socket) open_channel(child, std::move(socket));
  if (routes_.size() >= kMaxRoutes) routes_.clear();
  const std::int64_t until = monotonic_seconds() + static_cast<std::int64_t>(introduction.seconds);
  routes_.insert_or_assign(introduction.address,
                           Route{child, introduction.route, introduction.uid, until});
  if (!std::exchange(ticking_, true)) static_cast<void>(tick_.restart(kTick));
}

/// Watching keeps the channel: its descriptor is closed when it is watched no more.
void RouteClient::open_channel(std::uint64_t child, UniqueFd socket) {
  const auto channel = std::make_shared<Channel>(Channel{std::move(socket)});
  channels_[child] = channel;
  watch_(channel->socket.get(), [this, child, channel] { return take_from(child); });
}

bool RouteClient::send(std::uint64_t number, const Order& order, int message, Answered& answered) {
  const auto found = routes_.find(address_of(order));
  if (found == routes_.end()) return false;
  const Route& route = found->second;
  const std::int64_t now = monotonic_seconds();
  const auto channel = channels_.find(route.child);
  if (now >= route.until || channel == channels_.end()) {
    routes_.erase(found);
    return false;
  }
  Channel& to = *channel->second;
  if (to.under_way.size() >= kMaxRoutedAtOnce) return false;
  const RoutedOrder routed{number,     route.number, now + delivery_time_.count(),
                           order.size, order.sender, order.attempt,
                           order.dsn};
  if (!wire::send_datagram(to.socket.get(), encode(routed), message, wire::Wait::No)) return false;
  to.under_way.insert(number);
  under_way_.emplace(
      number, UnderWay{found->first, order.sender, route.uid, routed.expires, std::move(answered)});
  return true;
}

/// The process is to end, once it has done what it has.
void RouteClient::end_of_routes(std::uint64_t child) {
  std::erase_if(routes_, [child](const auto& each) { return each.second.child == child; });
  const auto channel = channels_.find(child);
  if (channel == channels_.end()) return;
  channel->second->ending = true;
  close_if_done(child);
}

void RouteClient::close_if_done(std::uint64_t child) {
  const auto found = channels_.find(child);
  if (!found->second->ending || !found->second->under_way.empty()) return;
  ::shutdown(found->second->socket.get(), SHUT_RDWR);  // what watches it sees its end
  channels_.erase(found);
}

/// False: the channel has ended.
bool RouteClient::take_from(std::uint64_t child) {
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

void RouteClient::channel_gone(std::uint64_t child) {
  const auto gone = channels_.extract(child);
  if (gone.empty()) return;
  std::erase_if(routes_, [child](const auto& each) { return each.second.child == child; });
  for (const std::uint64_t number : std::exchange(gone.mapped()->under_way, {})) {
    answer(number, answer_process_ended());
  }
}

/// Once a second while there are channels.
void RouteClient::look_at_the_clock() {
  const std::int64_t now = monotonic_seconds();
  std::erase_if(routes_, [now](const auto& each) { return each.second.until <= now; });
  std::vector<std::uint64_t> late;
  for (const auto& [number, order] : under_way_) {
    if (order.expires < now) late.push_back(number);
  }
  for (const std::uint64_t number : late) answer(number, answer_takes_long());
  ticking_ = !channels_.empty();
  static_cast<void>(ticking_ ? tick_.restart(kTick) : tick_.stop());
}

void RouteClient::answer(std::uint64_t number, const Answer& answer) {
  const auto found = under_way_.extract(number);
  if (found.empty()) return;  // it was late before
  const UnderWay& done = found.mapped();
  log_delivery(done.to, done.from, done.uid, answer);
  done.answered(answer);
}

void RouteClient::answer_all(const Answer& answer) {
  while (!under_way_.empty()) this->answer(under_way_.begin()->first, answer);
}

}  // namespace lbx::deliver
