// SPDX-License-Identifier: MIT
#include "queue/recorder.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>
#include <utility>

namespace lbx::queue {
namespace {

constexpr std::chrono::seconds kRecordAgain{5};
/// Files of ended messages, and notes of their deliveries, stay for so long, so that one flush is
/// for many.
constexpr std::chrono::seconds kCondemnedFor{5};

Result<void> record(QueueStore& store, const std::vector<Finished>& batch,
                    std::vector<MessageId>& ended) {
  std::vector<Outcome> outcomes;
  std::vector<MessageId> messages;
  for (const Finished& each : batch) {
    outcomes.push_back(each.outcome);
    outcomes.back().report = each.report;
    if (each.last) messages.push_back(each.message);
  }
  LBX_TRY(store.record(outcomes));
  if (!messages.empty()) ended = LBX_TRY(store.end(messages));
  return {};
}

}  // namespace

void Recorder::add(Finished finished) {
  waiting_.push_back(std::move(finished));
}

void Recorder::flush() {
  if (waiting_.empty() || stuck_) return;
  post(std::make_shared<Batch>(std::exchange(waiting_, {})));
}

void Recorder::post(const std::shared_ptr<Batch>& batch) {
  auto messages = std::make_shared<std::vector<MessageId>>();
  Committer::Operation operation;
  operation.run = [batch, messages](QueueStore& store) {
    messages->clear();
    return record(store, *batch, *messages);
  };
  operation.done = [this, batch, messages](const Result<void>& result) {
    --under_way_;
    if (!result) return try_again(*batch, result.error());
    ended(*batch, *messages);
  };
  ++under_way_;
  if (const Result<void> posted = committer_.post(std::move(operation)); !posted) {
    --under_way_;
    try_again(*batch, posted.error());
  }
}

void Recorder::try_again(Batch& batch, const Error& why) {
  if (why.os_error == EUCLEAN) return work_around(batch, why);
  log_.warning("trouble marking recipients, will try later: " + why.what);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin()),
                  std::make_move_iterator(batch.end()));
  if (std::exchange(stuck_, true)) return;
  loop_.after(kRecordAgain, [this] {
    stuck_ = false;
    flush();
  });
}

// A damaged page is some message's; the others shall not wait for it. What can be noted of that one
// is noted; the rest is left to the next process, which recognises what was delivered.
void Recorder::work_around(Batch& batch, const Error& why) {
  if (batch.size() > 1) {
    for (Finished& each : batch) {
      auto alone = std::make_shared<Batch>();
      alone->push_back(std::move(each));
      post(alone);
    }
    return;
  }
  Finished& only = batch.front();
  log_.warning("unable to mark a recipient of message " + std::to_string(only.message) + ": " +
               why.what);
  if (std::exchange(only.last, false)) post(std::make_shared<Batch>(std::move(batch)));
}

void Recorder::ended(Batch& batch, const std::vector<MessageId>& messages) {
  for (const MessageId message : messages) {
    log_.end(message);
    const auto of = std::ranges::find(batch, message, &Finished::message);
    if (of != batch.end() && of->live && !of->live->spool_name.empty()) {
      condemn(of->live->spool_name);
    }
  }
  for (Finished& each : batch) {
    if (each.notes) noted_.push_back(*std::move(each.notes));
  }
  remove_later();
}

void Recorder::condemn(std::string spool_name) {
  condemned_.push_back(std::move(spool_name));
  remove_later();
}

void Recorder::remove_later() {
  if (removing_ || (condemned_.empty() && noted_.empty())) return;
  if (noted_.size() >= kMaxNoted) return remove_condemned();
  if (!remove_timer_) remove_timer_ = loop_.after(kCondemnedFor, [this] { remove_condemned(); });
}

bool Recorder::tidy() {
  if (removing_) return false;
  if (!condemned_.empty() || !noted_.empty()) remove_condemned();
  return !removing_;
}

void Recorder::remove_condemned() {
  if (remove_timer_) loop_.cancel(*remove_timer_);
  remove_timer_.reset();
  removing_ = true;
  for (std::string& each : condemned_) spool_.condemn(std::move(each));
  condemned_.clear();
  auto notes = std::make_shared<std::vector<wire::Order>>(std::exchange(noted_, {}));
  Committer::Operation operation;
  operation.durability = Durability::Now;
  operation.run = [](QueueStore& /*store*/) { return Result<void>{}; };
  operation.done = [this, notes](const Result<void>& result) {
    condemned_removed(result.has_value(), *notes);
  };
  if (!committer_.post(std::move(operation))) condemned_removed(false, *notes);
}

void Recorder::condemned_removed(bool durable, std::vector<wire::Order>& notes) {
  removing_ = false;
  if (durable) {  // else the sweep of the next start does it, and time
    spool_.remove_condemned();
    for (wire::Order& each : notes) forget_(std::move(each));
  }
  remove_later();
}

}  // namespace lbx::queue
