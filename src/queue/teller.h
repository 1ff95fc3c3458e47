// SPDX-License-Identifier: MIT
// Tells senders what became of their messages: waits until what fails together has failed, writes
// the notices (bounce.h), and submits them in the transaction in which their recipients become
// Done, so that no crash loses a bounce or sends it twice. So it does with those who asked to hear
// of deliveries, and with warnings of delays, which are noted down at each recipient.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/base/event_loop.h"
#include "core/base/system.h"
#include "queue/bounce.h"
#include "queue/classify.h"
#include "queue/intake.h"
#include "queue/recorder.h"

namespace lbx::queue {

class Teller {
 public:
  /// How long a failure waits for others of its message, where recipients of that are still open.
  /// Doubled with each bounce that there was, so that a long list makes few.
  static constexpr std::chrono::seconds kPatience{5};
  static constexpr unsigned kMostDoublings = 10;
  /// Messages whose bounces are counted for that; beyond, all begin anew.
  static constexpr std::size_t kMostCounted = 10'000;

  struct Parts {
    System& system;
    EventLoop& loop;
    Committer& committer;
    SpoolArea& spool;
    LiveMessages& live;
    LogLines& log;
    Recorder& recorder;
    Intake& intake;
    uid_t uid;  // whose messages these are
    std::size_t most_counted{kMostCounted};
  };

  explicit Teller(const Parts& parts) : parts_{parts} {}

  /// They must outlive it, or the next call. `lifetime`: seconds that a message is tried.
  void use(const BounceSettings& settings, const Routes& routes, std::int64_t lifetime) {
    settings_ = &settings;
    routes_ = &routes;
    lifetime_ = lifetime;
  }

  /// A recipient of the message has failed, or arrived and its sender wants to hear of it; or the
  /// last one has ended of a message that has some of those.
  /// `live`: what is known of it; or nothing.
  void failed(MessageId message, const LivePtr& live);
  /// A recipient was deferred whose sender should hear of that by now.
  void delayed(MessageId message);
  /// At once: what an unclean end has left, or an administrator has done.
  void finish(MessageId message) { tell(message); }

  /// No notice is being written. (Those that wait for company are in the store.)
  bool idle() const { return telling_.empty() && warnings_under_way_ == 0; }
  std::uint64_t told() const { return told_; }
  /// Messages whose bounces are counted.
  std::size_t counted() const { return told_before_.size(); }

 private:
  struct Report;

  using ReportPtr = std::shared_ptr<Report>;

  void read(MessageId message, const std::function<void(Result<ReportPtr>)>& take);
  void tell(MessageId message);
  void warn(MessageId message);
  void write_warning(const ReportPtr& report);
  void write(const ReportPtr& report);
  Result<std::vector<Incoming>> notices(Report& report);
  Result<std::vector<Incoming>> incoming(Report& report, std::vector<Notice> notices);
  Result<Incoming> incoming(Notice notice, int original);
  void submit(const ReportPtr& report, std::vector<Incoming> notices);
  void count(MessageId message);
  void log_notices(const Report& report);
  void submitted(Report& report, const std::vector<MessageId>& bounces);
  void try_later(MessageId message, const Error& why);
  Result<UniqueFd> body_of(const Message& message);

  Parts parts_;
  const BounceSettings* settings_{nullptr};
  const Routes* routes_{nullptr};
  std::int64_t lifetime_{0};
  std::unordered_map<MessageId, EventLoop::TimerKey> waiting_;
  std::set<MessageId> telling_;
  std::set<MessageId> more_failed_;                      // since they are being told of
  std::unordered_map<MessageId, unsigned> told_before_;  // of messages that go on
  std::unordered_map<MessageId, EventLoop::TimerKey> warning_;
  std::size_t warnings_under_way_{0};
  std::uint64_t told_{0};
};

}  // namespace lbx::queue
