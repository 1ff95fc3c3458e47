// SPDX-License-Identifier: MIT
#include "queue/scheduler.h"

#include <algorithm>
#include <utility>

namespace lbx::queue {
namespace {

/// Deliveries at once that a destination is granted before anything is known of it.
constexpr std::size_t kFirstGrant = 5;
/// One in so many slots of a channel is out of reach for a single destination.
constexpr std::size_t kReserve = 5;
/// Rests double up to this power of two.
constexpr std::uint32_t kMostDoublings = 16;

}  // namespace

std::size_t Scheduler::most_granted(Channel channel) const {
  const std::size_t limit = limit_of(channel);
  return limit - limit / kReserve;
}

std::string Scheduler::key_of(Channel channel, std::string_view name) {
  std::string key(1, static_cast<char>(channel));
  key += name;
  return key;
}

void Scheduler::set_limits(const SchedulerLimits& limits) {
  limits_ = limits;
  for (std::uint32_t i = 0; i < destinations_.size(); ++i) {
    Destination& each = destinations_[i];
    if (!each.in_use) continue;
    each.granted = std::min(std::max<std::size_t>(each.granted, 1), most_granted(each.channel));
    enter_ring(i);
  }
}

std::uint32_t Scheduler::destination_of(Channel channel, std::string_view name) {
  const auto [place, is_new] = by_name_.try_emplace(key_of(channel, name), kNone);
  if (!is_new) return place->second;
  if (free_destinations_.empty()) {
    free_destinations_.push_back(static_cast<std::uint32_t>(destinations_.size()));
    destinations_.emplace_back();
  }
  place->second = free_destinations_.back();
  free_destinations_.pop_back();
  Destination& made = destinations_[place->second];
  made = {};
  made.channel = channel;
  made.name = name;
  made.granted = std::min(kFirstGrant, most_granted(channel));
  made.in_use = true;
  return place->second;
}

void Scheduler::forget_if_idle(std::uint32_t destination) {
  Destination& each = destinations_[destination];
  // One that is in the ring is met there once more, and forgotten then.
  if (!each.in_use || each.entries > 0 || each.active > 0 || each.settling > 0 || each.in_ring) {
    return;
  }
  if (each.rests_until != 0) resting_.erase({each.rests_until, destination});
  by_name_.erase(key_of(each.channel, each.name));
  each = {};
  free_destinations_.push_back(destination);
}

std::uint32_t Scheduler::new_entry(const Waiting& waiting, std::uint32_t destination) {
  std::uint32_t index = free_entries_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    free_entries_ = entries_[index].next;
  }
  entries_[index] = {
      {waiting.recipient, waiting.message, waiting.born, waiting.attempts, waiting.tried},
      waiting.due,
      destination,
      kNone};
  ++count_;
  ++destinations_[destination].entries;
  return index;
}

void Scheduler::free_entry(std::uint32_t entry) {
  --count_;
  --destinations_[entries_[entry].destination].entries;
  entries_[entry].next = free_entries_;
  free_entries_ = entry;
}

void Scheduler::push_future(std::uint32_t entry) {
  future_.push_back(entry);
  std::ranges::push_heap(future_, [this](auto a, auto b) { return later(a, b); });
}

std::uint32_t Scheduler::pop_future() {
  std::ranges::pop_heap(future_, [this](auto a, auto b) { return later(a, b); });
  const std::uint32_t entry = future_.back();
  future_.pop_back();
  return entry;
}

void Scheduler::append_due(std::uint32_t entry) {
  const std::uint32_t index = entries_[entry].destination;
  Destination& destination = destinations_[index];
  entries_[entry].next = kNone;
  if (destination.first == kNone) {
    destination.first = entry;
  } else {
    entries_[destination.last].next = entry;
  }
  destination.last = entry;
  ++channel_of(destination.channel).due;
  enter_ring(index);
}

void Scheduler::enter_ring(std::uint32_t destination) {
  Destination& each = destinations_[destination];
  if (each.in_ring || each.first == kNone) return;
  each.in_ring = true;
  channel_of(each.channel).ring.push_back(destination);
}

void Scheduler::add(const Waiting& waiting, std::int64_t now) {
  const std::uint32_t entry =
      new_entry(waiting, destination_of(waiting.channel, waiting.destination));
  if (waiting.due <= now) {
    append_due(entry);
  } else {
    push_future(entry);
  }
}

void Scheduler::wake(std::int64_t now) {
  while (!future_.empty() && entries_[future_.front()].due <= now) append_due(pop_future());
  while (!resting_.empty() && resting_.begin()->first <= now) {
    const std::uint32_t destination = resting_.begin()->second;
    resting_.erase(resting_.begin());
    enter_ring(destination);
  }
}

std::optional<Slot> Scheduler::next(std::int64_t now) {
  wake(now);
  const Channel first = remote_first_ ? Channel::Remote : Channel::Local;
  const Channel second = remote_first_ ? Channel::Local : Channel::Remote;
  remote_first_ = !remote_first_;
  std::optional<Slot> slot = next_of(first, now);
  return slot ? std::move(slot) : next_of(second, now);
}

std::optional<Slot> Scheduler::next_of(Channel channel, std::int64_t now) {
  ChannelState& state = channel_of(channel);
  while (state.active < limit_of(channel) && !state.ring.empty()) {
    const std::uint32_t index = state.ring.front();
    state.ring.pop_front();
    Destination& destination = destinations_[index];
    destination.in_ring = false;
    if (destination.first == kNone) {
      forget_if_idle(index);
    } else if (destination.rests_until > now) {
      resting_.insert({destination.rests_until, index});
    } else if (destination.active < destination.granted) {  // else: ended() puts it back
      Slot slot = take(index);
      if (destination.active < destination.granted) enter_ring(index);
      return slot;
    }
  }
  return std::nullopt;
}

Slot Scheduler::take(std::uint32_t destination) {
  Destination& from = destinations_[destination];
  Slot slot{from.channel, destination, {}};
  const std::size_t most = from.channel == Channel::Local ? 1 : limits_.together;
  const MessageId message = entries_[from.first].turn.message;
  do {
    const std::uint32_t entry = from.first;
    slot.turns.push_back(entries_[entry].turn);
    from.first = entries_[entry].next;
    free_entry(entry);
  } while (from.first != kNone && slot.turns.size() < most &&
           entries_[from.first].turn.message == message);
  if (from.first == kNone) from.last = kNone;
  ++from.active;
  ++channel_of(from.channel).active;
  channel_of(from.channel).due -= slot.turns.size();
  return slot;
}

std::vector<MessageId> Scheduler::upcoming(const Slot& slot, std::size_t most) const {
  std::vector<MessageId> messages;
  MessageId last = slot.turns.front().message;
  std::uint32_t entry = destinations_[slot.destination].first;
  for (; entry != kNone && messages.size() < most; entry = entries_[entry].next) {
    const MessageId message = entries_[entry].turn.message;
    if (std::exchange(last, message) != message) messages.push_back(message);
  }
  return messages;
}

void Scheduler::give_back(const Slot& slot, std::size_t from) {
  Destination& destination = destinations_[slot.destination];
  for (std::size_t i = slot.turns.size(); i > from; --i) {
    const Turn& turn = slot.turns[i - 1];
    const Waiting waiting{turn.recipient, turn.message,  slot.channel, turn.born,
                          turn.born,      turn.attempts, {},           turn.tried};
    const std::uint32_t entry = new_entry(waiting, slot.destination);
    entries_[entry].next = destination.first;
    destination.first = entry;
    if (destination.last == kNone) destination.last = entry;
    ++channel_of(slot.channel).due;
  }
  enter_ring(slot.destination);
}

void Scheduler::put_back(const Slot& slot, const Turn& turn, std::int64_t due) {
  const Waiting waiting{turn.recipient,    turn.message, slot.channel, turn.born, due,
                        turn.attempts + 1, {},           true};
  push_future(new_entry(waiting, slot.destination));
}

void Scheduler::refused(Destination& destination, std::int64_t now) {
  destination.granted = std::max<std::size_t>(destination.granted / 2, 1);
  destination.successes = 0;
  ++destination.refusals;
  if (destination.channel == Channel::Local || destination.refusals < limits_.patience) return;
  const std::uint32_t doublings = std::min(destination.refusals - limits_.patience, kMostDoublings);
  destination.granted = 1;
  destination.rests_until =
      now + std::min(limits_.shortest_rest << doublings, limits_.longest_rest);
}

void Scheduler::ended(const Slot& slot, Ending ending, std::int64_t now) {
  Destination& destination = destinations_[slot.destination];
  --destination.active;
  --channel_of(slot.channel).active;
  if (ending == Ending::Done) {
    destination.refusals = 0;
    destination.rests_until = 0;
    destination.granted = std::min(destination.granted + 1, most_granted(slot.channel));
  } else if (ending == Ending::Refused) {
    refused(destination, now);
  }
  enter_ring(slot.destination);
  forget_if_idle(slot.destination);
}

void Scheduler::release(const Slot& slot, std::int64_t now) {
  ++destinations_[slot.destination].settling;
  ended(slot, Ending::Done, now);
}

void Scheduler::settled(const Slot& slot) {
  --destinations_[slot.destination].settling;
  forget_if_idle(slot.destination);
}

std::vector<Turn> Scheduler::take_hopeless(const Slot& slot, std::int64_t born, std::size_t most,
                                           std::int64_t now) {
  std::vector<Turn> taken;
  Destination& destination = destinations_[slot.destination];
  if (!destination.in_use || destination.rests_until <= now) return taken;
  std::uint32_t* link = &destination.first;
  destination.last = kNone;
  while (*link != kNone) {
    const std::uint32_t entry = *link;
    if (taken.size() < most && entries_[entry].turn.born < born) {
      taken.push_back(entries_[entry].turn);
      *link = entries_[entry].next;
      free_entry(entry);
    } else {
      destination.last = entry;
      link = &entries_[entry].next;
    }
  }
  channel_of(slot.channel).due -= taken.size();
  forget_if_idle(slot.destination);
  return taken;
}

void Scheduler::end_rest(std::uint32_t destination) {
  Destination& each = destinations_[destination];
  resting_.erase({each.rests_until, destination});
  each.rests_until = 0;
  each.refusals = 0;
  enter_ring(destination);
}

void Scheduler::all_due(std::int64_t now) {
  hurry([](RecipientId /*recipient*/) { return true; }, now);
  for (std::uint32_t i = 0; i < destinations_.size(); ++i) {
    if (destinations_[i].in_use) end_rest(i);
  }
}

void Scheduler::hurry(const std::function<bool(RecipientId)>& chosen, std::int64_t now) {
  for (const std::uint32_t entry : future_) {
    if (!chosen(entries_[entry].turn.recipient)) continue;
    entries_[entry].due = std::min(entries_[entry].due, now);
    end_rest(entries_[entry].destination);
  }
  std::ranges::make_heap(future_, [this](auto a, auto b) { return later(a, b); });
}

std::size_t Scheduler::remove(const std::function<bool(RecipientId)>& chosen) {
  const std::size_t before = count_;
  const auto is_chosen = [&](std::uint32_t entry) {
    if (!chosen(entries_[entry].turn.recipient)) return false;
    free_entry(entry);
    return true;
  };
  std::erase_if(future_, is_chosen);
  std::ranges::make_heap(future_, [this](auto a, auto b) { return later(a, b); });
  for (std::uint32_t i = 0; i < destinations_.size(); ++i) {
    Destination& each = destinations_[i];
    std::uint32_t next = each.first;
    each.first = kNone;
    each.last = kNone;
    while (next != kNone) {
      const std::uint32_t entry = next;
      next = entries_[entry].next;
      --channel_of(each.channel).due;
      if (!is_chosen(entry)) append_due(entry);
    }
    forget_if_idle(i);
  }
  return before - count_;
}

std::optional<std::int64_t> Scheduler::next_time() const {
  std::optional<std::int64_t> time;
  if (!future_.empty()) time = entries_[future_.front()].due;
  if (!resting_.empty()) {
    const std::int64_t rest = resting_.begin()->first;
    time = time ? std::min(*time, rest) : rest;
  }
  return time;
}

bool Scheduler::resting(Channel channel, std::string_view destination, std::int64_t now) const {
  const auto found = by_name_.find(key_of(channel, destination));
  return found != by_name_.end() && destinations_[found->second].rests_until > now;
}

}  // namespace lbx::queue
