// SPDX-License-Identifier: MIT
// Messages on their way into the queue, from the door or of our own: given to the store's thread,
// and, once they are durable, to the scheduler together with what is at hand of them. It promises
// that `done` is told of success only after the commit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "queue/live_messages.h"
#include "queue/log_lines.h"
#include "queue/scheduler.h"
#include "queue/store/committer.h"
#include "queue/store/spool_area.h"

namespace lbx::queue {

struct Incoming {
  NewMessage message;  // body: inline, unless there is `spool`
  std::string head;    // that `spool` begins with
  UniqueFd spool;
};

class Intake {
 public:
  using Done = std::function<void(Result<std::vector<MessageId>>)>;
  /// More of the same transaction, after the messages are in.
  using Also = std::function<Result<void>(QueueStore&)>;

  /// Everything handed in must outlive it.
  Intake(Clock& clock, Committer& committer, SpoolArea& spool, Scheduler& scheduler,
         LiveMessages& live, LogLines& log)
      : clock_{clock},
        committer_{committer},
        spool_{spool},
        scheduler_{scheduler},
        live_{live},
        log_{log} {}

  /// All of them or none.
  void post(std::vector<Incoming> messages, Also also, const Done& done);

  bool idle() const { return under_way_ == 0; }
  std::uint64_t accepted() const { return accepted_; }

 private:
  struct Batch {
    std::vector<Incoming> messages;
    Also also;
    std::vector<Submitted> submitted;
  };

  Result<void> adopt(Batch& batch);
  void give_up(Batch& batch);
  static Result<void> write(QueueStore& store, Batch& batch);
  void committed(Batch& batch);
  void schedule(Incoming& incoming, const Submitted& submitted);
  LivePtr keep(Incoming& incoming, const Submitted& submitted);

  Clock& clock_;
  Committer& committer_;
  SpoolArea& spool_;
  Scheduler& scheduler_;
  LiveMessages& live_;
  LogLines& log_;
  std::size_t under_way_{0};
  std::uint64_t accepted_{0};
};

}  // namespace lbx::queue
