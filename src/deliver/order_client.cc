// SPDX-License-Identifier: MIT
#include "deliver/order_client.h"

#include <cerrno>
#include <optional>
#include <utility>

#include "core/wire/datagram.h"

namespace lbx::deliver {

void OrderClient::ask(const Order& order, std::shared_ptr<const UniqueFd> message,
                      Answered answered) {
  if (order.kind == Order::Kind::Verdict) {
    if (const Answer* known = verdicts_.find(order)) return answered(Answer{*known});
  }
  if (order.kind == Order::Kind::Deliver && send_straight(order, message.get(), answered)) return;
  const std::uint64_t number = next_++;
  under_way_.emplace(number, UnderWay{order, std::move(answered)});
  queue_.push_back({number, encode(number, order), std::move(message)});
  send_queued();
}

Result<void> OrderClient::use_routes(RouteClient::Watch watch, std::chrono::seconds delivery_time) {
  // Answers from users' processes make room, too, for what waits here.
  const auto watch_and_go_on = [this, watch = std::move(watch)](int fd,
                                                                std::function<bool()> readable) {
    watch(fd, [this, readable = std::move(readable)] {
      const bool more = readable();
      send_queued();
      return more;
    });
  };
  routes_ = LBX_TRY(RouteClient::open(watch_and_go_on, delivery_time));
  return {};
}

/// False: it has to go by the door.
bool OrderClient::send_straight(const Order& order, const UniqueFd* message, Answered& answered) {
  if (!routes_ || lost_ || in_all() >= kMaxOrdersSent) return false;
  if (!routes_->send(next_, order, message != nullptr ? message->get() : -1, answered)) {
    return false;
  }
  ++next_;
  return true;
}

std::size_t OrderClient::in_all() const {
  return under_way_.size() + (routes_ ? routes_->under_way() : 0);
}

void OrderClient::send_queued() {
  while (!lost_ && !queue_.empty() && in_all() - queue_.size() < kMaxOrdersSent) {
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
  const auto found = under_way_.extract(number);
  if (found.empty()) return;
  const UnderWay& done = found.mapped();
  if (done.order.kind == Order::Kind::Verdict) verdicts_.keep(done.order, answer);
  done.answered(answer);
}

void OrderClient::take_answers() {
  while (!lost_) {
    Result<wire::Datagram> got = wire::receive_datagram(door_.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) break;
    if (!got || got->bytes.empty()) return lose();
    if (const std::optional<Introduction> introduction = decode_introduction(got->bytes)) {
      if (routes_) routes_->take(*introduction, std::move(got->descriptor));
      continue;
    }
    const Result<wire::NumberedAnswer> said = wire::decode_answer(got->bytes);
    if (!said) return lose();
    answer(said->number, said->answer);
  }
  send_queued();
}

void OrderClient::lose() {
  static constexpr const char* kWhy = "4.3.2 the delivery service has ended";
  lost_ = true;
  queue_.clear();
  while (!under_way_.empty()) answer(under_way_.begin()->first, answer_later(kWhy));
  if (routes_) routes_->answer_all(answer_later(kWhy));
}

}  // namespace lbx::deliver
