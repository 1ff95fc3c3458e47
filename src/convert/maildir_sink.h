// SPDX-License-Identifier: MIT
// Messages into a Maildir, many at a time: a batch is written out of sight, synced together, then
// published, then its directories are synced. A crash or an error leaves whole messages only; of
// the batch that was under way, none, some or all.
#pragma once

#include <cstdint>
#include <vector>

#include "convert/conversion.h"
#include "core/base/system.h"
#include "core/maildir/writer.h"

namespace lbx::convert {

/// A batch ends at whichever comes first. Every message of it holds a descriptor.
inline constexpr std::size_t kBatchMessages = 128;
inline constexpr std::uint64_t kBatchOctets = std::uint64_t{64} * 1024 * 1024;

class MaildirSink final : public Sink {
 public:
  /// `system` and `maildir`, a directory descriptor, must outlive the sink. Messages without a time
  /// get that of `system`'s clock.
  MaildirSink(System& system, int maildir);
  MaildirSink(const MaildirSink&) = delete;
  MaildirSink& operator=(const MaildirSink&) = delete;

  /// The message's time becomes that of its file and of its name; the microseconds count the
  /// messages, so that their order lasts where many have the same second.
  Result<void> add(const Message& message) override;
  Result<void> finish() override;
  /// Messages that can be seen.
  std::uint64_t published() const { return published_; }

 private:
  class StampClock final : public Clock {
   public:
    Instant now() override { return time; }
    Instant time;
  };
  struct Pending {
    MaildirWriter writer;
    MaildirPlace place;
  };
  Result<void> sync_batch(std::vector<Pending>& batch);

  FileOps* files_;
  int maildir_;
  Instant started_;
  StampClock stamp_;
  System stamped_;  // as the caller's, but that the time is the message's
  std::vector<Pending> batch_;
  std::uint64_t batch_octets_{0};
  std::uint64_t added_{0};
  std::uint64_t published_{0};
};

}  // namespace lbx::convert
