// SPDX-License-Identifier: MIT
#include "deliver/order_client.h"

#include <cerrno>
#include <utility>

#include "core/wire/datagram.h"

namespace lbx::deliver {

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
  const std::uint64_t number = next_++;
  under_way_.emplace(number, UnderWay{order, std::move(answered)});
  queue_.push_back({number, encode(number, order), std::move(message)});
  send_queued();
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
  done.answered(answer);
}

void OrderClient::take_answers() {
  while (!lost_) {
    const Result<wire::Datagram> got = wire::receive_datagram(door_.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) break;
    if (!got || got->bytes.empty()) return lose();
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
