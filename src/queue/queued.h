// SPDX-License-Identifier: MIT
// The queue process: mail comes in by the door, goes out by the two processes that deliver, and
// what fails is told to its sender. It ties together what the other files of this folder do, in one
// event loop; the store has a thread of its own (store/committer.h). It promises:
//   - no step of accepting waits for a step of delivering;
//   - SIGTERM begins nothing new, waits for what is under way, and ends with success; SIGALRM makes
//     everything due; SIGHUP reads all settings anew;
//   - whatever ends it at whatever moment, the next one goes on where the store stands.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/event_loop.h"
#include "core/base/system.h"
#include "core/control/control_directory.h"
#include "queue/bounce.h"
#include "queue/classify.h"
#include "queue/deliveries.h"
#include "queue/door.h"
#include "queue/in_flow.h"
#include "queue/intake.h"
#include "queue/live_messages.h"
#include "queue/loader.h"
#include "queue/log_lines.h"
#include "queue/order_pipe.h"
#include "queue/recorder.h"
#include "queue/retry.h"
#include "queue/scheduler.h"
#include "queue/store/committer.h"
#include "queue/store/spool_area.h"
#include "queue/teller.h"

namespace lbx::queue {

/// All that comes from the control directory.
struct QueueSettings {
  SchedulerLimits limits;
  RetrySchedule retry;
  Routes routes;
  BounceSettings bounces;
  InFlow::Limits in_flow;
};
Result<QueueSettings> read_queue_settings(const control::ControlDirectory& control,
                                          const std::string& host_name, ReportForm fallback);

/// What the process has in hand when it begins.
struct QueueDoors {
  UniqueFd door;     // listens at run/queue.sock
  UniqueFd local;    // to the process that becomes users
  UniqueFd remote;   // to the one that speaks to other hosts
  UniqueFd signals;  // open_signals() of SIGTERM, SIGINT, SIGALRM and SIGHUP
};

class Queued {
 public:
  /// How settings are read: once more at each SIGHUP.
  using ReadSettings = std::function<Result<QueueSettings>()>;

  /// Reads the schedule. Everything handed in must outlive it; `store` is the committer's from now
  /// on.
  static Result<std::unique_ptr<Queued>> open(System& system, QueueStore& store, SpoolArea& spool,
                                              QueueSettings settings, ReadSettings read_settings,
                                              LogLines& log, uid_t uid);
  Queued(const Queued&) = delete;
  Queued& operator=(const Queued&) = delete;

  /// Until a signal ends it. An error: one of the other processes has gone, or the kernel failed.
  Result<void> serve(QueueDoors doors, DoorUsers users);

 private:
  Queued(System& system, SpoolArea& spool, QueueSettings settings, ReadSettings read_settings,
         LogLines& log, uid_t uid, std::unique_ptr<EventLoop> loop,
         std::unique_ptr<Committer> committer, const std::string& store_id);

  Result<void> open_pipes(QueueDoors& doors);
  void use_settings();
  void take_signals(int signals);
  void end_of_turn();
  void arm_timer();
  InFlow::Load load_now() const;
  void arm_in_flow();
  void lost(std::string_view what);

  void submit(Submission submission, const DoorActions::Answer& answer);
  void take_in(Incoming incoming, const DoorActions::Answer& answer);
  void change(const wire::ChangeRequest& request, const DoorActions::Answer& answer);
  void changed(const std::string& change, const std::vector<RecipientId>& recipients);
  std::string counters() const;
  bool is_long_delayed(const Finished& finished) const;
  void finished(Finished finished);

  System& system_;
  SpoolArea& spool_;
  QueueSettings settings_;
  ReadSettings read_settings_;
  LogLines& log_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Committer> committer_;
  Scheduler scheduler_;
  LiveMessages live_{{}};
  Recorder recorder_;
  Loader loader_;
  Intake intake_;
  InFlow in_flow_;
  Teller teller_;
  Deliveries deliveries_;
  std::unique_ptr<OrderPipe> local_;
  std::unique_ptr<OrderPipe> remote_;
  std::unique_ptr<Door> door_;
  std::vector<MessageId> unfinished_;  // what an earlier process has left
  EventLoop::TimerKey timer_{};
  std::optional<std::int64_t> timer_for_;
  bool in_flow_ticks_{false};
  bool draining_{false};
  std::size_t changing_{0};  // transactions of changes that are under way
  std::optional<Error> failure_;
};

}  // namespace lbx::queue
