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
/// Files of ended messages stay for so long, so that one flush is for many.
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

void Recorder::ended(const Batch& batch, const std::vector<MessageId>& messages) {
  for (const MessageId message : messages) {
    log_.end(message);
    const auto of = std::ranges::find(batch, message, &Finished::message);
    if (of != batch.end() && of->live && !of->live->spool_name.empty()) {
      condemn(of->live->spool_name);
    }
  }
}

void Recorder::condemn(std::string spool_name) {
  condemned_.push_back(std::move(spool_name));
  remove_later();
}

void Recorder::remove_later() {
  if (condemned_.empty() || std::exchange(removing_, true)) return;
  loop_.after(kCondemnedFor, [this] { remove_condemned(); });
}

void Recorder::remove_condemned() {
  for (std::string& each : condemned_) spool_.condemn(std::move(each));
  condemned_.clear();
  Committer::Operation operation;
  operation.durability = Durability::Now;
  operation.run = [](QueueStore& /*store*/) { return Result<void>{}; };
  operation.done = [this](const Result<void>& result) {
    removing_ = false;
    if (result) spool_.remove_condemned();  // else the sweep of the next start does it
    remove_later();
  };
  if (!committer_.post(std::move(operation))) removing_ = false;
}

}  // namespace lbx::queue
