// SPDX-License-Identifier: MIT
#include "queue/deliveries.h"

#include <algorithm>
#include <utility>

#include "core/message/report_text.h"
#include "queue/bounce.h"
#include "queue/loader.h"
#include "queue/verp.h"

namespace lbx::queue {
namespace {

/// When a message that could not be read is tried again.
constexpr std::int64_t kReadAgain = 123;  // CONTRACT 1.8
/// Recipients of a destination that rests that are given up at once.
constexpr std::size_t kHopelessAtOnce = 1000;
/// Orders to forget that are under way: deliveries come first.
constexpr std::size_t kForgottenAtOnce = 16;

bool is_delivered(State state) {
  return state == State::Done || state == State::Arrived;
}

LogResult result_of(State state) {
  if (is_delivered(state)) return LogResult::Success;
  return state == State::Failed ? LogResult::Failure : LogResult::Deferral;
}

struct Parts {
  std::string local;
  std::string domain;
};
Parts parts_of(const std::string& address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string::npos) return {address, {}};
  return {address.substr(0, at), address.substr(at + 1)};
}

}  // namespace

Deliveries::Deliveries(Clock& clock, Scheduler& scheduler, LiveMessages& live, LogLines& log,
                       std::string store_id, Actions actions)
    : clock_{clock},
      scheduler_{scheduler},
      live_{live},
      log_{log},
      store_id_{std::move(store_id)},
      actions_{std::move(actions)} {}

LogStatus Deliveries::status() const {
  return {local_, scheduler_.limits().local, remote_, scheduler_.limits().remote, draining_};
}

/// The name of the attempt has more than the numbers, which a store that was restored from a backup
/// gives away again.
wire::Order Deliveries::local_order(const Turn& turn, const Live& live) const {
  const std::string& address = *live.address_of(turn.recipient);
  Parts parts = parts_of(address);
  std::string name = store_id_;
  for (const std::int64_t part :
       {turn.message, turn.recipient, live.envelope.born, std::int64_t{live.envelope.pid}}) {
    (name += '.') += std::to_string(part);
  }
  wire::Order order{wire::Order::Kind::Local, std::move(parts.local),
                    std::move(parts.domain),  expand_verp(live.envelope.sender, address),
                    live.envelope.size,       std::move(name)};
  order.earlier = turn.tried ? wire::Earlier::Maybe : wire::Earlier::None;
  // Alone it would only be two more questions and answers.
  order.settle_later = local_ > 0 && unsettled_ < kMaxUnsettled;
  return order;
}

void Deliveries::start() {
  while (!draining_) {
    std::optional<Slot> slot = scheduler_.next(clock_.now().seconds);
    if (!slot) return;
    begin(*std::move(slot));
  }
}

void Deliveries::drain() {
  if (draining_) return;
  draining_ = true;
  if (!idle()) log_.status(status());
}

void Deliveries::begin(Slot slot) {
  for (const Turn& each : slot.turns) busy_.insert(each.recipient);
  const MessageId message = slot.turns.front().message;
  if (const LivePtr live = live_.find(message)) return begin_loaded(std::move(slot), live);
  ++loading_;
  const std::vector<MessageId> next = scheduler_.upcoming(slot, Loader::kAhead);
  actions_.load(message, next, [this, slot = std::move(slot)](const Result<LivePtr>& live) {
    --loading_;
    if (!live) return put_off(slot);
    begin_loaded(slot, *live);
  });
}

void Deliveries::put_off(const Slot& slot) {
  for (const Turn& each : slot.turns) {
    busy_.erase(each.recipient);
    const std::int64_t now = clock_.now().seconds;
    scheduler_.put_back(slot, each, now + kReadAgain);
  }
  scheduler_.ended(slot, Scheduler::Ending::Unknown, clock_.now().seconds);
}

void Deliveries::begin_loaded(Slot slot, const LivePtr& live) {
  std::erase_if(slot.turns, [&](const Turn& turn) {
    const bool gone = !live || live->address_of(turn.recipient) == nullptr;
    if (gone) busy_.erase(turn.recipient);
    return gone;
  });
  if (slot.turns.empty() || draining_) {
    for (const Turn& each : slot.turns) busy_.erase(each.recipient);
    return scheduler_.ended(slot, Scheduler::Ending::Unknown, clock_.now().seconds);
  }
  if (slot.turns.size() > 1 && is_verp(live->envelope.sender)) {
    // Each has a sender of its own.
    for (std::size_t i = 1; i < slot.turns.size(); ++i) busy_.erase(slot.turns[i].recipient);
    scheduler_.give_back(slot, 1);
    slot.turns.resize(1);
  }
  auto group = std::make_shared<Group>();
  group->slot = std::move(slot);
  group->left = group->slot.turns.size();
  if (group->slot.channel == Channel::Local) {
    begin_local(group, live);
  } else {
    begin_remote(group, live);
  }
}

std::uint64_t Deliveries::begin_one(const std::shared_ptr<Group>& group, const Turn& turn,
                                    const LivePtr& live) {
  const std::uint64_t number = next_++;
  running_.emplace(number, Running{turn, live, group, clock_.now().seconds});
  const Channel channel = group->slot.channel;
  ++(channel == Channel::Local ? local_ : remote_);
  ++counters_.begun;
  log_.starting(number, turn.message, channel, *live->address_of(turn.recipient));
  live_.used(turn.message);
  return number;
}

void Deliveries::begin_local(const std::shared_ptr<Group>& group, const LivePtr& live) {
  const Turn& turn = group->slot.turns.front();
  const wire::Order order = local_order(turn, *live);
  const std::uint64_t number = begin_one(group, turn, live);
  log_.status(status());
  actions_.send_local(wire::encode(number, order), live->body, live->recipients.size() > 1);
}

void Deliveries::begin_remote(const std::shared_ptr<Group>& group, const LivePtr& live) {
  wire::RemoteOrder order;
  const std::string& first = *live->address_of(group->slot.turns.front().recipient);
  order.host = parts_of(first).domain;
  order.sender = expand_verp(live->envelope.sender, first);
  for (const Turn& turn : group->slot.turns) {
    const std::string& address = *live->address_of(turn.recipient);
    order.recipients.push_back({begin_one(group, turn, live), address});
  }
  log_.status(status());
  for (std::string& each : wire::encode(order))
    actions_.send_remote(std::move(each), live->body, true);
}

void Deliveries::take_local_answer(std::string_view datagram) {
  Result<wire::NumberedAnswer> got = wire::decode_answer(datagram);
  if (got && forgetting_.erase(got->number) > 0) return send_forgets();
  if (const auto asked = got ? settles_.extract(got->number) : decltype(settles_)::node_type{}) {
    return settled(asked.mapped(), got->answer);
  }
  if (got) answered(Channel::Local, got->number, std::move(got->answer));
}

void Deliveries::take_remote_answer(std::string_view datagram) {
  Result<wire::NumberedAnswer> got = wire::decode_answer(datagram);
  if (got) answered(Channel::Remote, got->number, std::move(got->answer));
}

void Deliveries::answered(Channel channel, std::uint64_t number, wire::Answer answer) {
  const auto found = running_.find(number);
  if (found == running_.end() || found->second.group->slot.channel != channel) return;
  Running running = std::move(found->second);
  running_.erase(found);
  --(channel == Channel::Local ? local_ : remote_);
  if (answer.settler != 0 && channel == Channel::Local && answer.verdict == wire::Verdict::Done) {
    return settle_later(number, std::move(running), std::move(answer));
  }
  Group& group = *running.group;
  if (answer.verdict != wire::Verdict::Later) group.answered = true;
  if (answer.verdict == wire::Verdict::Later) group.refusal = answer.text;
  conclude(number, running, std::move(answer));
  if (--group.left == 0) end_group(group);
}

void Deliveries::settle_later(std::uint64_t number, Running running, wire::Answer answer) {
  scheduler_.release(running.group->slot, clock_.now().seconds);
  const std::uint64_t who = answer.settler;
  ++unsettled_;
  Settler& settler = settlers_[who];
  settler.waiting.push_back({number, std::move(running), std::move(answer)});
  if (settler.asked.empty()) settle(who);
}

/// What comes while it flushes waits for the next one.
void Deliveries::settle(std::uint64_t settler) {
  settlers_[settler].asked.swap(settlers_[settler].waiting);
  wire::Order order;
  order.kind = wire::Order::Kind::Settle;
  order.settler = settler;
  const std::uint64_t number = next_++;
  settles_.emplace(number, settler);
  actions_.send_local(wire::encode(number, order), nullptr, false);
}

void Deliveries::settled(std::uint64_t settler, const wire::Answer& answer) {
  for (Settling& each : std::exchange(settlers_[settler].asked, {})) {
    --unsettled_;
    if (answer.verdict != wire::Verdict::Done) {  // another attempt finds it, or not
      each.answer.verdict = wire::Verdict::Later;
      each.answer.text = answer.text;
    }
    conclude(each.number, each.running, std::move(each.answer));
    scheduler_.settled(each.running.group->slot);
  }
  if (settlers_[settler].waiting.empty()) {
    settlers_.erase(settler);
  } else {
    settle(settler);
  }
}

void Deliveries::conclude(std::uint64_t number, const Running& running, wire::Answer answer) {
  busy_.erase(running.turn.recipient);
  const bool noted = answer.noted;
  Finished finished = finish(running, answer.verdict, std::move(answer.text));
  log_.ended(number, result_of(finished.outcome.state), finished.report);
  log_.status(status());
  if (is_delivered(finished.outcome.state)) finished.report.clear();
  if (finished.outcome.state == State::Waiting) {
    scheduler_.put_back(running.group->slot, running.turn, finished.outcome.due);
  } else if (noted) {
    finished.notes = local_order(running.turn, *running.live);
    finished.notes->kind = wire::Order::Kind::Forget;
  }
  actions_.finished(std::move(finished));
}

void Deliveries::forget(wire::Order notes) {
  to_forget_.push_back(std::move(notes));
  send_forgets();
}

void Deliveries::send_forgets() {
  while (!to_forget_.empty() && forgetting_.size() < kForgottenAtOnce) {
    const std::uint64_t number = next_++;
    forgetting_.insert(number);
    actions_.send_local(wire::encode(number, to_forget_.front()), nullptr, false);
    to_forget_.pop_front();
  }
}

bool Deliveries::asked_for_it(const Running& running) {
  const LiveRecipient* const recipient = running.live->find(running.turn.recipient);
  return recipient != nullptr && hears_of_success(running.live->envelope, recipient->notify);
}

Finished Deliveries::finish(const Running& running, wire::Verdict verdict, std::string text) {
  Finished finished{{running.turn.recipient, State::Done, 0, running.started, {}},
                    std::move(text),
                    running.live,
                    running.turn.message,
                    false};
  if (verdict == wire::Verdict::Later &&
      is_last_attempt(running.turn.born, running.started, schedule_.lifetime)) {
    if (!finished.report.empty() && !finished.report.ends_with('\n')) finished.report += '\n';
    finished.report += kGivenUp;
    verdict = wire::Verdict::Never;
  }
  switch (verdict) {
    case wire::Verdict::Done:
      ++counters_.delivered;
      if (asked_for_it(running)) finished.outcome.state = State::Arrived;
      break;
    case wire::Verdict::Never:
      ++counters_.failed;
      finished.outcome.state = State::Failed;
      break;
    case wire::Verdict::Later:
      ++counters_.deferred;
      finished.outcome.state = State::Waiting;
      finished.outcome.due =
          next_attempt(running.turn.born, clock_.now().seconds,
                       running.group->slot.channel == Channel::Local ? schedule_.local_step
                                                                     : schedule_.remote_step);
      break;
  }
  return finished;
}

void Deliveries::end_group(const Group& group) {
  const std::int64_t now = clock_.now().seconds;
  scheduler_.ended(group.slot,
                   group.answered ? Scheduler::Ending::Done : Scheduler::Ending::Refused, now);
  if (group.answered) return;
  // Nobody there answers anybody: what is too old by now does not wait for its own refusal.
  for (const Turn& each :
       scheduler_.take_hopeless(group.slot, now - schedule_.lifetime, kHopelessAtOnce, now)) {
    ++counters_.failed;
    actions_.finished({{each.recipient, State::Failed, 0, now, {}},
                       group.refusal + std::string{kGivenUp},
                       live_.find(each.message),
                       each.message,
                       false});
  }
}

}  // namespace lbx::queue
