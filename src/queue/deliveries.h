// SPDX-License-Identifier: MIT
// Recipients on their way: takes turns from the scheduler, sends orders to the processes that
// deliver, and makes outcomes of their answers (CONTRACT 1.8: what each letter means, what is
// logged, the last attempt). It promises one outcome for each turn that became an order, and that
// what is called delivered is on the disk. Where many are under way, one flush serves many: a
// delivery that is done but for that has no slot any more, and waits for its process to settle all
// that it has delivered.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/wire/order.h"
#include "core/wire/remote_order.h"
#include "queue/live_messages.h"
#include "queue/log_lines.h"
#include "queue/retry.h"
#include "queue/scheduler.h"

namespace lbx::queue {

/// Deliveries that wait for a flush of several, at most (and those in their slots meanwhile). Each
/// keeps its message open.
inline constexpr std::size_t kMaxUnsettled = 500;

/// How an attempt ended: `outcome.report` is empty, `report` has it.
struct Finished {
  Outcome outcome;
  std::string report;
  LivePtr live;  // nothing: the recipient was too old for an attempt of its own
  MessageId message{0};
  bool last{false};  // its message has probably ended with it
  /// Its attempts have left notes: to be forgotten once the outcome is on the disk.
  std::optional<wire::Order> notes{};
};

struct DeliveryCounters {
  std::uint64_t begun{0};
  std::uint64_t delivered{0};
  std::uint64_t deferred{0};
  std::uint64_t failed{0};
};

class Deliveries {
 public:
  struct Actions {
    /// Reads a message that is not live (loader.h); others are next. No Live: there is none any
    /// more. An error: not now.
    std::function<void(MessageId, const std::vector<MessageId>& next,
                       std::function<void(Result<LivePtr>)>)>
        load;
    /// An order with its message; `shared`: other orders may have that descriptor, too.
    using Send = std::function<void(std::string, std::shared_ptr<const UniqueFd>, bool shared)>;
    Send send_local;
    Send send_remote;
    std::function<void(Finished)> finished;
  };

  /// `store_id` names attempts. Everything handed in must outlive it.
  Deliveries(Clock& clock, Scheduler& scheduler, LiveMessages& live, LogLines& log,
             std::string store_id, Actions actions);

  void set_schedule(const RetrySchedule& schedule) { schedule_ = schedule; }

  /// Begins all that may begin now.
  void start();
  /// Nothing new begins any more.
  void drain();
  bool idle() const {
    return running_.empty() && loading_ == 0 && forgetting_.empty() && settlers_.empty();
  }
  bool has(RecipientId recipient) const { return busy_.contains(recipient); }

  /// The notes of a delivery that has ended for good (Finished::notes) may go.
  void forget(wire::Order notes);

  void take_local_answer(std::string_view datagram);
  void take_remote_answer(std::string_view datagram);

  LogStatus status() const;
  const DeliveryCounters& counters() const { return counters_; }

 private:
  struct Group {  // a slot, with what its deliveries have come to
    Slot slot;
    std::size_t left{0};
    bool answered{false};  // somebody did, yes or no
    std::string refusal;   // what was said last
  };
  struct Running {
    Turn turn;
    LivePtr live;
    std::shared_ptr<Group> group;
    std::int64_t started{0};
  };

  struct Settling {
    std::uint64_t number;
    Running running;
    wire::Answer answer;
  };
  struct Settler {  // a process that delivers
    std::vector<Settling> waiting;
    std::vector<Settling> asked;  // a Settle is under way
  };

  void begin(Slot slot);
  void begin_loaded(Slot slot, const LivePtr& live);
  void begin_local(const std::shared_ptr<Group>& group, const LivePtr& live);
  void begin_remote(const std::shared_ptr<Group>& group, const LivePtr& live);
  std::uint64_t begin_one(const std::shared_ptr<Group>& group, const Turn& turn,
                          const LivePtr& live);
  void put_off(const Slot& slot);
  void answered(Channel channel, std::uint64_t number, wire::Answer answer);
  void settle_later(std::uint64_t number, Running running, wire::Answer answer);
  void settle(std::uint64_t settler);
  void settled(std::uint64_t settler, const wire::Answer& answer);
  void conclude(std::uint64_t number, const Running& running, wire::Answer answer);
  static bool asked_for_it(const Running& running);
  Finished finish(const Running& running, wire::Verdict verdict, std::string text);
  void end_group(const Group& group);
  wire::Order local_order(const Turn& turn, const Live& live) const;
  void send_forgets();

  Clock& clock_;
  Scheduler& scheduler_;
  LiveMessages& live_;
  LogLines& log_;
  std::string store_id_;
  Actions actions_;
  RetrySchedule schedule_;
  bool draining_{false};
  std::uint64_t next_{1};
  std::unordered_map<std::uint64_t, Running> running_;
  std::set<RecipientId> busy_;
  std::size_t loading_{0};
  std::size_t local_{0};  // deliveries under way
  std::size_t remote_{0};
  DeliveryCounters counters_;
  std::unordered_map<std::uint64_t, Settler> settlers_;
  std::unordered_map<std::uint64_t, std::uint64_t> settles_;  // orders, and whom they ask
  std::size_t unsettled_{0};
  std::deque<wire::Order> to_forget_;
  std::set<std::uint64_t> forgetting_;  // asked, and not answered yet
};

}  // namespace lbx::queue
