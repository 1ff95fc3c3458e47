// SPDX-License-Identifier: MIT
// Messages whose turn comes and that are not live: read from the store, with those that come next,
// since each trip to the store's thread may have to wait for a flush. It promises one answer for
// each load(): the Live, no Live where there is no such message any more, or why not now. What is
// read ahead is kept as other live messages are; a trip has kAhead of them at most, and no more
// once it has kAheadOctets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "queue/live_messages.h"
#include "queue/log_lines.h"
#include "queue/recorder.h"
#include "queue/store/committer.h"
#include "queue/store/spool_area.h"

namespace lbx::queue {

class Loader {
 public:
  using Take = std::function<void(Result<LivePtr>)>;
  static constexpr std::size_t kAhead = 128;
  static constexpr std::uint64_t kAheadOctets = std::uint64_t{1024} * 1024;

  /// Everything handed in must outlive it. What `recorder` has is written before anything is read.
  Loader(Clock& clock, EventLoop& loop, Committer& committer, SpoolArea& spool, LiveMessages& live,
         LogLines& log, Recorder& recorder)
      : clock_{clock},
        loop_{loop},
        committer_{committer},
        spool_{spool},
        live_{live},
        log_{log},
        recorder_{recorder} {}

  /// `take` is called later, never from within. `next` may be wanted soon.
  void load(MessageId message, const std::vector<MessageId>& next, Take take);

 private:
  struct Trip {
    std::vector<MessageId> wanted;             // the first one for sure
    std::vector<std::optional<Message>> read;  // of those, from the first on
  };

  static Result<void> read(QueueStore& store, Trip& trip);
  void arrived(Trip& trip, const Result<void>& result);
  Result<LivePtr> live_one(std::optional<Message> message);
  Result<LivePtr> make_live(Message message);
  void give(MessageId message, const Result<LivePtr>& live);

  Clock& clock_;
  EventLoop& loop_;
  Committer& committer_;
  SpoolArea& spool_;
  LiveMessages& live_;
  LogLines& log_;
  Recorder& recorder_;
  std::unordered_map<MessageId, std::vector<Take>> loading_;
};

}  // namespace lbx::queue
