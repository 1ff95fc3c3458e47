// SPDX-License-Identifier: MIT
// A queue in memory that behaves as QueueStore says, durability apart: for tests of whoever uses
// one. A transaction that is rolled back leaves no trace but the numbers it has used.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "queue/store/store.h"

namespace lbx::testing_support {

class MemoryStore final : public queue::QueueStore {
 public:
  /// The next calls of commit() that fail.
  int failing_commits{0};
  std::set<queue::MessageId> unreadable;
  /// How each commit was asked for.
  std::vector<queue::Durability> commits;

  const std::string& id() const override { return id_; }

  Result<void> begin(queue::Durability durability) override {
    if (before_) return Error::later("there is a transaction already");
    before_ = now_;
    durability_ = durability;
    return {};
  }
  Result<void> commit() override {
    if (!before_) return outside();
    if (failing_commits > 0) {
      --failing_commits;
      roll_back();
      return Error::later("the disk is full");
    }
    commits.push_back(durability_);
    before_.reset();
    return {};
  }
  void roll_back() override {
    if (before_) now_ = *std::exchange(before_, std::nullopt);
  }

  Result<queue::Submitted> submit(const queue::NewMessage& message) override {
    if (!before_) return outside();
    queue::Message kept{++last_message_, message.envelope, message.body, {}};
    queue::Submitted out{kept.id, {}};
    for (const queue::NewRecipient& each : message.recipients) {
      queue::Recipient recipient;
      recipient.id = ++last_recipient_;
      recipient.message = kept.id;
      recipient.due = message.envelope.born;
      recipient.as = each;
      out.recipients.push_back(recipient.id);
      kept.recipients.push_back(std::move(recipient));
    }
    now_.messages.emplace(kept.id, std::move(kept));
    return out;
  }

  Result<void> record(std::span<const queue::Outcome> outcomes) override {
    if (!before_) return outside();
    for (const queue::Outcome& each : outcomes) {
      queue::Recipient* const recipient = find(each.recipient);
      if (recipient == nullptr) continue;
      recipient->state = each.state;
      recipient->due = each.due;
      recipient->tried = each.tried;
      ++recipient->attempts;
      if (each.state != queue::State::Done) recipient->report = each.report;
    }
    return {};
  }

  Result<void> told(std::span<const queue::RecipientId> recipients) override {
    if (!before_) return outside();
    for (const queue::RecipientId id : recipients) {
      queue::Recipient* const recipient = find(id);
      if (recipient != nullptr && is_to_be_told(*recipient)) {
        recipient->state = queue::State::Done;
      }
    }
    return {};
  }

  Result<void> told_of_delay(std::span<const queue::RecipientId> recipients) override {
    if (!before_) return outside();
    for (const queue::RecipientId id : recipients) {
      queue::Recipient* const recipient = find(id);
      if (recipient != nullptr) recipient->told_of_delay = true;
    }
    return {};
  }

  Result<std::vector<queue::MessageId>> end(std::span<const queue::MessageId> messages) override {
    if (!before_) return outside();
    std::vector<queue::MessageId> out;
    for (const queue::MessageId id : messages) {
      const auto found = now_.messages.find(id);
      if (found == now_.messages.end() || !all_done(found->second)) continue;
      now_.messages.erase(found);
      out.push_back(id);
    }
    return out;
  }

  Result<std::size_t> change(std::span<const queue::RecipientId> recipients, queue::Change change,
                             std::int64_t now, std::string_view report) override {
    if (!before_) return outside();
    std::size_t changed = 0;
    for (const queue::RecipientId id : recipients) {
      queue::Recipient* const recipient = find(id);
      if (recipient != nullptr && apply(*recipient, change, now, report)) ++changed;
    }
    return changed;
  }

  Result<void> lease(const std::function<void(const queue::Waiting&)>& take) override {
    std::vector<std::pair<const queue::Message*, const queue::Recipient*>> waiting;
    for (const auto& [id, message] : now_.messages) {
      for (const queue::Recipient& each : message.recipients) {
        if (each.state == queue::State::Waiting) waiting.emplace_back(&message, &each);
      }
    }
    std::ranges::stable_sort(waiting, {}, [](const auto& pair) { return pair.second->due; });
    for (const auto& [message, each] : waiting) {
      take({each->id, message->id, each->as.channel, message->envelope.born, each->due,
            each->attempts, each->as.destination});
    }
    return {};
  }

  Result<std::vector<queue::MessageId>> unfinished() override {
    std::vector<queue::MessageId> out;
    for (const auto& [id, message] : now_.messages) {
      if (std::ranges::any_of(message.recipients, is_to_be_told) || all_done(message))
        out.push_back(id);
    }
    return out;
  }

  Result<std::optional<queue::Message>> message(queue::MessageId id, bool with_body) override {
    if (unreadable.contains(id)) return Error::later("a damaged page");
    const auto found = now_.messages.find(id);
    if (found == now_.messages.end()) return std::optional<queue::Message>{};
    return std::optional{with_body ? found->second : without_body(found->second)};
  }

  Result<std::vector<queue::Message>> list(queue::MessageId after, std::size_t limit) override {
    std::vector<queue::Message> out;
    for (auto next = now_.messages.upper_bound(after);
         next != now_.messages.end() && out.size() < limit; ++next) {
      out.push_back(without_body(next->second));
    }
    return out;
  }

  Result<queue::Totals> totals() override {
    queue::Totals out;
    for (const auto& [id, message] : now_.messages) {
      ++out.messages;
      out.octets += message.envelope.size;
      if (out.oldest == 0 || message.envelope.born < out.oldest) {
        out.oldest = message.envelope.born;
      }
      for (const queue::Recipient& each : message.recipients) {
        if (each.state == queue::State::Waiting) ++out.waiting;
        if (each.state == queue::State::Held) ++out.held;
        if (each.state == queue::State::Failed) ++out.failed;
      }
    }
    return out;
  }

  Result<void> spool_files(const std::function<void(std::string_view)>& take) override {
    for (const auto& [id, message] : now_.messages) {
      const auto* const spooled = std::get_if<queue::SpoolBody>(&message.body);
      if (spooled != nullptr) take(spooled->name);
    }
    return {};
  }

  Result<bool> once(std::string_view key) override {
    if (!before_) return outside();
    return now_.keys.emplace(key).second;
  }

 private:
  struct Content {
    std::map<queue::MessageId, queue::Message> messages;
    std::set<std::string, std::less<>> keys;
  };

  static bool is_to_be_told(const queue::Recipient& recipient) {
    return recipient.state == queue::State::Failed || recipient.state == queue::State::Arrived;
  }
  static Error outside() { return Error::later("there is no transaction"); }
  static bool all_done(const queue::Message& message) {
    return std::ranges::all_of(message.recipients,
                               [](const auto& each) { return each.state == queue::State::Done; });
  }
  static queue::Message without_body(queue::Message message) {
    if (std::holds_alternative<queue::InlineBody>(message.body)) {
      message.body = queue::InlineBody{};
    }
    return message;
  }
  static bool apply(queue::Recipient& recipient, queue::Change change, std::int64_t now,
                    std::string_view report) {
    const bool waiting = recipient.state == queue::State::Waiting;
    const bool held = recipient.state == queue::State::Held;
    switch (change) {
      case queue::Change::Retry:
        if (waiting) recipient.due = now;
        return waiting;
      case queue::Change::Hold:
        if (waiting) recipient.state = queue::State::Held;
        return waiting;
      case queue::Change::Release:
        if (held) {
          recipient.state = queue::State::Waiting;
          recipient.due = now;
        }
        return held;
      case queue::Change::Delete:
        if (recipient.state == queue::State::Done) return false;
        recipient.state = queue::State::Done;
        return true;
      case queue::Change::Fail:
        if (waiting || held) {
          recipient.state = queue::State::Failed;
          recipient.report = report;
        }
        return waiting || held;
    }
    return false;
  }
  queue::Recipient* find(queue::RecipientId id) {
    for (auto& [number, message] : now_.messages) {
      for (queue::Recipient& each : message.recipients) {
        if (each.id == id) return &each;
      }
    }
    return nullptr;
  }

  std::string id_{"memory"};
  Content now_;
  std::optional<Content> before_;  // what a transaction began with
  queue::Durability durability_{queue::Durability::Now};
  queue::MessageId last_message_{0};
  queue::RecipientId last_recipient_{0};
};

}  // namespace lbx::testing_support
