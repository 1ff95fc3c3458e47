// SPDX-License-Identifier: MIT
// What became of recipients, on its way into the store, many at once. A transaction that fails is
// tried again until it does not: what was delivered must not be delivered again. Only damage of the
// store is not waited for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/event_loop.h"
#include "queue/deliveries.h"
#include "queue/log_lines.h"
#include "queue/store/committer.h"
#include "queue/store/spool_area.h"

namespace lbx::queue {

class Recorder {
 public:
  /// So many notes of deliveries do not wait for company.
  static constexpr std::size_t kMaxNoted = 1000;

  /// Everything handed in must outlive it. `forget` gets the notes of what has ended on the disk,
  /// too.
  Recorder(EventLoop& loop, Committer& committer, SpoolArea& spool, LogLines& log,
           std::function<void(wire::Order)> forget)
      : loop_{loop}, committer_{committer}, spool_{spool}, log_{log}, forget_{std::move(forget)} {}

  void add(Finished finished);
  /// Gives the store's thread all there is, before whatever is posted next.
  void flush();

  /// A message has ended and this was its file: it goes when that can be no mistake.
  void condemn(std::string spool_name);

  /// The store takes nothing now: nothing should be delivered, since it could not be noted down.
  bool stuck() const { return stuck_; }
  bool idle() const { return waiting_.empty() && under_way_ == 0; }
  /// What waits for company does not any more. True: nothing waits.
  bool tidy();

 private:
  using Batch = std::vector<Finished>;

  void post(const std::shared_ptr<Batch>& batch);
  void try_again(Batch& batch, const Error& why);
  void work_around(Batch& batch, const Error& why);
  void ended(Batch& batch, const std::vector<MessageId>& messages);
  void remove_later();
  void remove_condemned();
  void condemned_removed(bool durable, std::vector<wire::Order>& notes);

  EventLoop& loop_;
  Committer& committer_;
  SpoolArea& spool_;
  LogLines& log_;
  Batch waiting_;
  std::size_t under_way_{0};
  bool stuck_{false};
  std::function<void(wire::Order)> forget_;
  std::vector<std::string> condemned_;
  std::vector<wire::Order> noted_;
  std::optional<EventLoop::TimerKey> remove_timer_;
  bool removing_{false};
};

}  // namespace lbx::queue
