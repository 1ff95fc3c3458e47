// SPDX-License-Identifier: MIT
// Tells senders what became of their messages: waits until what fails together has failed, writes
// the notices (bounce.h), and submits them in the transaction in which their recipients become
// Done, so that no crash loses a bounce or sends it twice.
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
  static constexpr std::chrono::seconds kPatience{2};
  static constexpr unsigned kMostDoublings = 10;

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
  };

  explicit Teller(const Parts& parts) : parts_{parts} {}

  /// Both must outlive it, or the next call.
  void use(const BounceSettings& settings, const Routes& routes) {
    settings_ = &settings;
    routes_ = &routes;
  }

  /// A recipient of the message has failed, or the last one has ended of one that has failures.
  /// `live`: what is known of it; or nothing.
  void failed(MessageId message, const LivePtr& live);
  /// At once: what an unclean end has left, or an administrator has done.
  void finish(MessageId message) { tell(message); }

  /// No notice is being written. (Those that wait for company are in the store.)
  bool idle() const { return telling_.empty(); }
  std::uint64_t told() const { return told_; }

 private:
  struct Report;

  void tell(MessageId message);
  void write(const std::shared_ptr<Report>& report);
  Result<std::vector<Incoming>> notices(Report& report);
  Result<Incoming> incoming(Notice notice, int original);
  void submit(const std::shared_ptr<Report>& report, std::vector<Incoming> notices);
  void submitted(Report& report, const std::vector<MessageId>& bounces);
  void try_later(MessageId message, const Error& why);
  Result<UniqueFd> body_of(const Message& message);

  Parts parts_;
  const BounceSettings* settings_{nullptr};
  const Routes* routes_{nullptr};
  std::unordered_map<MessageId, EventLoop::TimerKey> waiting_;
  std::set<MessageId> telling_;
  std::set<MessageId> more_failed_;                      // since they are being told of
  std::unordered_map<MessageId, unsigned> told_before_;  // of messages that go on
  std::uint64_t told_{0};
};

}  // namespace lbx::queue
