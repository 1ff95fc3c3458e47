// SPDX-License-Identifier: MIT
// The Maildir++ quota of a mailbox: how much lies in a Maildir and all its folders, kept in its
// file maildirsize so that nobody has to count (maildir(5)).
//
// Letterbox's deliveries take turns: whoever holds the lock of a Maildir checks, writes its line
// and publishes its message before the next one looks. So the sum never goes beyond the limit, and
// a count never meets a line whose message is not there yet. Dovecot and Courier do not know this
// lock; one message that comes from them at the same time may be too many, as in Maildir++ at
// large. The line is written before the message appears: what a crash leaves is a line too many,
// never a message too many, and the next count mends it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/base/system.h"
#include "core/maildir/maildirsize.h"

namespace lbx {

/// A maildirsize that says "full" is believed for so long (Maildir++).
inline constexpr std::int64_t kStaleQuotaSeconds = std::int64_t{15} * 60;
/// How often a Maildir is counted again because it changed meanwhile. The last count stays then.
inline constexpr int kMaxCounts = 3;

/// Counts every message of the Maildir and of its folders, Trash included, as Dovecot does: sizes
/// by ",S=" of their names, else by stat. `prefix` as for MaildirQuota.
Result<QuotaUsage> count_usage(FileOps& files, int maildir, const std::string& prefix);

class MaildirQuota {
 public:
  /// Says the limit of a Maildir that has no maildirsize. Asked only then.
  using DefaultLimit = std::function<Result<QuotaLimit>()>;
  /// Waits for an exclusive lock on an open file, which ends with its descriptor. False: in vain.
  using Locker = std::function<Result<bool>(int fd)>;

  /// The quota of the Maildir `maildir`, or, where that is a folder, of the Maildir around it:
  /// `prefix` is "" or "../". Nothing where there is none to keep. `system` and `maildir` must
  /// outlive it.
  static Result<std::optional<MaildirQuota>> find(System& system, int maildir, std::string prefix,
                                                  const DefaultLimit& fallback);

  /// Whether the file, as it was read, says so without a doubt.
  bool surely_has_room(std::uint64_t octets) const;
  /// Whether one more message of so many octets has room. Looks only: no lock, nothing is written.
  Result<bool> has_room(std::uint64_t octets);

  /// Waits for our turn, which lasts as long as the returned file is open. Where the file system
  /// has no locks, nobody waits.
  Result<UniqueFd> take_turn(const Locker& lock);

  /// In our turn: has_room() for the file as it is now, which is made anew where that needs a
  /// count.
  Result<bool> settle(std::uint64_t octets);
  enum class Room { Needed, NotAsked };
  /// In our turn: settles, and adds a message. False: it has no room, nothing is added.
  Result<bool> add(std::uint64_t octets, Room room = Room::Needed);
  /// In our turn: counts, and makes the file anew.
  Result<void> recount();
  /// In our turn: the message was not published after all.
  Result<void> take_back(std::uint64_t octets);

  const std::string& prefix() const { return prefix_; }
  const QuotaLimit& limit() const { return size_.limit; }
  /// As of the last look or change of ours, the file's sum could not be relied on.
  bool broken() const { return size_.broken; }
  /// As of the last look or change of ours.
  const QuotaUsage& usage() const { return size_.usage; }
  unsigned percent() const { return size_.limit.percent(size_.usage); }

 private:
  MaildirQuota(System& system, int maildir, std::string prefix)
      : system_{&system}, maildir_{maildir}, prefix_{std::move(prefix)} {}
  std::string path(const char* name) const { return prefix_ + name; }
  Result<bool> load();
  bool must_count(std::uint64_t octets) const;
  Result<void> count();
  Result<void> write_anew() const;
  Result<void> append(const std::string& line) const;

  System* system_;
  int maildir_;
  std::string prefix_;
  Maildirsize size_;
  std::int64_t changed_{0};  // when maildirsize was, in seconds
};

}  // namespace lbx
