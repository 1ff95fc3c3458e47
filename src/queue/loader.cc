// SPDX-License-Identifier: MIT
#include "queue/loader.h"

#include <algorithm>
#include <string>
#include <utility>

namespace lbx::queue {
namespace {

Live live_of(Message message, UniqueFd body) {
  Live live;
  live.id = message.id;
  live.envelope = std::move(message.envelope);
  if (auto* const spooled = std::get_if<SpoolBody>(&message.body)) {
    live.spool_name = std::move(spooled->name);
  }
  live.body = std::make_shared<const UniqueFd>(std::move(body));
  for (Recipient& each : message.recipients) {
    if (each.state == State::Failed || each.state == State::Arrived) live.to_be_told = true;
    if (each.state != State::Waiting) continue;
    ++live.open;
    live.recipients.push_back(
        {each.id, std::move(each.as.address), each.as.notify, each.told_of_delay});
  }
  std::ranges::sort(live.recipients, {}, &LiveRecipient::id);
  return live;
}

std::uint64_t octets_in_memory(const std::optional<Message>& message) {
  const auto* const body = message ? std::get_if<InlineBody>(&message->body) : nullptr;
  return body != nullptr ? body->octets.size() : 0;
}

}  // namespace

void Loader::load(MessageId message, const std::vector<MessageId>& next, Take take) {
  const auto [place, is_new] = loading_.try_emplace(message);
  place->second.push_back(std::move(take));
  if (!is_new) return;
  auto trip = std::make_shared<Trip>();
  trip->wanted.push_back(message);
  for (const MessageId each : next) {
    if (trip->wanted.size() > kAhead) break;
    if (!live_.find(each) && loading_.try_emplace(each).second) trip->wanted.push_back(each);
  }
  recorder_.flush();  // they shall be read as they are known here
  Committer::Operation operation;
  operation.at_once = true;
  operation.run = [trip](QueueStore& store) { return read(store, *trip); };
  operation.done = [this, trip](const Result<void>& result) { arrived(*trip, result); };
  if (const Result<void> posted = committer_.post(std::move(operation)); !posted) {
    loop_.post([this, trip, why = posted.error()] { arrived(*trip, why); });
  }
}

/// An error undoes the whole transaction, whoever's message is in trouble: the store may have lost
/// it.
Result<void> Loader::read(QueueStore& store, Trip& trip) {
  trip.read.clear();  // it may be the second time
  trip.read.push_back(LBX_TRY(store.message(trip.wanted.front(), true)));
  std::uint64_t octets = octets_in_memory(trip.read.front());
  while (trip.read.size() < trip.wanted.size() && octets < kAheadOctets) {
    std::optional<Message> more = LBX_TRY(store.message(trip.wanted[trip.read.size()], true));
    octets += octets_in_memory(more);
    trip.read.push_back(std::move(more));
  }
  return {};
}

void Loader::arrived(Trip& trip, const Result<void>& result) {
  std::vector<Result<LivePtr>> lives(result ? trip.read.size() : 0, LivePtr{});
  // The first one last: if there is no room for all, it stays.
  for (std::size_t i = lives.size(); i > 0; --i) {
    lives[i - 1] = live_one(std::move(trip.read[i - 1]));
  }
  for (std::size_t i = 0; i < trip.wanted.size(); ++i) {
    const MessageId message = trip.wanted[i];
    if (i < lives.size()) {
      give(message, lives[i]);
    } else if (!result && trip.wanted.size() == 1) {
      give(message, result.error());
    } else {  // not reached, or not the one that is in trouble: a trip of its own
      auto left = loading_.extract(message);
      for (Take& each : left.mapped()) load(message, {}, std::move(each));
    }
  }
}

void Loader::give(MessageId message, const Result<LivePtr>& live) {
  if (!live) {
    log_.warning("unable to read message " + std::to_string(message) +
                 ", will try later: " + live.error().what);
  }
  const auto all = loading_.extract(message);
  for (const Take& each : all.mapped()) each(live);
}

Result<LivePtr> Loader::live_one(std::optional<Message> message) {
  if (!message) return LivePtr{};
  if (LivePtr known = live_.find(message->id)) return known;
  return make_live(*std::move(message));
}

Result<LivePtr> Loader::make_live(Message message) {
  Result<UniqueFd> body = UniqueFd{};
  if (const auto* const spooled = std::get_if<SpoolBody>(&message.body)) {
    body = spool_.open_file(spooled->name);
  } else {
    body = message_descriptor({}, std::get<InlineBody>(message.body).octets);
  }
  if (!body) return body.error();
  const std::int64_t now = clock_.now().seconds;
  const auto soon = std::ranges::count_if(message.recipients, [now](const Recipient& each) {
    return each.state == State::Waiting && each.due <= now;
  });
  const LivePtr live = live_.add(live_of(std::move(message), std::move(body).value()));
  live_.keep_first(live, static_cast<std::size_t>(soon), now);
  return live;
}

}  // namespace lbx::queue
