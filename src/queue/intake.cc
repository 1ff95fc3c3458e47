// SPDX-License-Identifier: MIT
#include "queue/intake.h"

#include <algorithm>
#include <utility>

namespace lbx::queue {

void Intake::post(std::vector<Incoming> messages, Also also, const Done& done) {
  auto batch = std::make_shared<Batch>();
  batch->messages = std::move(messages);
  batch->also = std::move(also);
  Committer::Operation operation;
  operation.durability = Durability::Now;
  if (std::ranges::any_of(batch->messages, [](const Incoming& each) { return bool{each.spool}; })) {
    operation.prepare = [this, batch] { return adopt(*batch); };
  }
  operation.run = [batch](QueueStore& store) { return write(store, *batch); };
  operation.done = [this, batch, done](const Result<void>& result) {
    --under_way_;
    if (!result) {
      give_up(*batch);
      return done(result.error());
    }
    std::vector<MessageId> ids;
    for (const Submitted& each : batch->submitted) ids.push_back(each.message);
    done(std::move(ids));
    committed(*batch);
  };
  ++under_way_;
  if (const Result<void> posted = committer_.post(std::move(operation)); !posted) {
    --under_way_;
    done(posted.error());
  }
}

Result<void> Intake::adopt(Batch& batch) {
  for (Incoming& each : batch.messages) {
    if (!each.spool) continue;
    SpoolArea::Adopted adopted = LBX_TRY(spool_.adopt(std::move(each.spool), each.head));
    each.message.body = SpoolBody{std::move(adopted.name)};
    each.message.envelope.size = adopted.size;
  }
  return {};
}

void Intake::give_up(Batch& batch) {
  for (const Incoming& each : batch.messages) {
    if (const auto* const body = std::get_if<SpoolBody>(&each.message.body)) {
      spool_.remove(body->name);
    }
  }
}

Result<void> Intake::write(QueueStore& store, Batch& batch) {
  batch.submitted.clear();  // it may be the second time
  for (const Incoming& each : batch.messages) {
    Submitted submitted = LBX_TRY(store.submit(each.message));
    if (each.message.recipients.empty()) LBX_TRY(store.end({&submitted.message, 1}));
    batch.submitted.push_back(std::move(submitted));
  }
  return batch.also ? batch.also(store) : Result<void>{};
}

void Intake::committed(Batch& batch) {
  for (std::size_t i = 0; i < batch.messages.size(); ++i) {
    Incoming& incoming = batch.messages[i];
    const Submitted& submitted = batch.submitted[i];
    ++accepted_;
    log_.new_message(submitted.message);
    log_.info(submitted.message, incoming.message.envelope);
    if (submitted.recipients.empty()) {
      log_.end(submitted.message);
      if (const auto* const body = std::get_if<SpoolBody>(&incoming.message.body)) {
        spool_.condemn(body->name);
      }
    } else {
      schedule(incoming, submitted);
    }
  }
}

void Intake::schedule(Incoming& incoming, const Submitted& submitted) {
  const std::int64_t now = clock_.now().seconds;
  const std::vector<NewRecipient>& recipients = incoming.message.recipients;
  std::size_t soon = 0;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    const NewRecipient& each = recipients[i];
    scheduler_.add(
        {submitted.recipients[i], submitted.message, each.channel, incoming.message.envelope.born,
         std::min(now, incoming.message.envelope.born), 0, each.destination, false},
        now);
    if (!scheduler_.resting(each.channel, each.destination, now)) ++soon;
  }
  if (const LivePtr live = soon > 0 ? keep(incoming, submitted) : nullptr) {
    live_.keep(live, soon, now);
  }
}

/// The message as it will be delivered; nothing where there is no room, or it cannot be had now:
/// it is read when its turn comes.
LivePtr Intake::keep(Incoming& incoming, const Submitted& submitted) {
  NewMessage& message = incoming.message;
  const auto* const spooled = std::get_if<SpoolBody>(&message.body);
  if (!live_.has_room(spooled != nullptr ? 0 : message.envelope.size, clock_.now().seconds)) {
    return nullptr;
  }
  Result<UniqueFd> body = spooled != nullptr
                              ? spool_.open_file(spooled->name)
                              : message_descriptor({}, std::get<InlineBody>(message.body).octets);
  if (!body) return nullptr;
  Live live;
  live.id = submitted.message;
  live.envelope = message.envelope;
  if (spooled != nullptr) live.spool_name = spooled->name;
  live.body = std::make_shared<const UniqueFd>(std::move(body).value());
  live.open = submitted.recipients.size();
  for (std::size_t i = 0; i < submitted.recipients.size(); ++i) {
    NewRecipient& each = message.recipients[i];
    live.recipients.push_back({submitted.recipients[i], std::move(each.address), each.notify});
  }
  return live_.add(std::move(live));
}

}  // namespace lbx::queue
