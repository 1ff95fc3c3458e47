// SPDX-License-Identifier: MIT
// Which recipient's turn it is: a pure queue of small entries, by channel and destination; knows
// neither messages nor sockets. It promises:
//   - everything added is given out once, unless it is removed;
//   - never more deliveries at once than a channel's limit, nor than a destination is granted,
//   which
//     grows with success and shrinks with refusals;
//   - destinations take turns, and one destination never has all slots of a channel where that has
//     at least five, so that one that does not answer holds up nobody else;
//   - a remote destination that refuses everything rests, longer each time, and is then asked with
//     one recipient first.
// An entry takes some fifty octets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/wire/remote_order.h"
#include "queue/store/store.h"

namespace lbx::queue {

struct SchedulerLimits {
  std::size_t local{10};
  std::size_t remote{20};
  /// Recipients of one message that go to a remote destination together.
  std::size_t together{wire::kMaxRemoteRecipients};
  /// Refusals in a row after which a remote destination rests.
  std::uint32_t patience{5};
  std::int64_t shortest_rest{60};
  std::int64_t longest_rest{3600};
};

/// A recipient whose turn it is.
struct Turn {
  RecipientId recipient{0};
  MessageId message{0};
  std::int64_t born{0};
  std::uint32_t attempts{0};
  bool tried{true};  // before, perhaps
};

/// A delivery that may begin: one slot, until ended(). More than one turn: of one message.
struct Slot {
  Channel channel{Channel::Local};
  std::uint32_t destination{0};
  std::vector<Turn> turns;
};

class Scheduler {
 public:
  explicit Scheduler(const SchedulerLimits& limits) : limits_{limits} {}

  void set_limits(const SchedulerLimits& limits);
  const SchedulerLimits& limits() const { return limits_; }

  void add(const Waiting& waiting, std::int64_t now);

  std::optional<Slot> next(std::int64_t now);
  /// Other messages of its destination whose turns come next, so many at most.
  std::vector<MessageId> upcoming(const Slot& slot, std::size_t most) const;
  /// Turns of a slot that cannot go with the others: they are the next of their destination.
  void give_back(const Slot& slot, std::size_t from);

  /// A turn of a slot that has not ended yet comes again at `due`.
  void put_back(const Slot& slot, const Turn& turn, std::int64_t due);

  enum class Ending {
    Done,     // somebody answered: delivered, or refused for good
    Refused,  // try again later
    Unknown,  // says nothing about the destination
  };
  void ended(const Slot& slot, Ending ending, std::int64_t now);

  /// The slot is free for others, but a turn of it may still be put back: until settled().
  void release(const Slot& slot, std::int64_t now);
  void settled(const Slot& slot);

  /// Of a destination that rests: what is due and born before `born`, up to `most`. It would come
  /// to nothing, one by one.
  std::vector<Turn> take_hopeless(const Slot& slot, std::int64_t born, std::size_t most,
                                  std::int64_t now);

  /// Everything is due, and every rest is over.
  void all_due(std::int64_t now);
  /// The same for those that `chosen` says yes to.
  void hurry(const std::function<bool(RecipientId)>& chosen, std::int64_t now);
  /// Takes out all that `chosen` says yes to; the value is how many.
  std::size_t remove(const std::function<bool(RecipientId)>& chosen);

  /// When next() may have something again that it does not have now, other than by ended() or
  /// add(). Nothing: never.
  std::optional<std::int64_t> next_time() const;

  std::size_t waiting() const { return count_; }
  std::size_t active(Channel channel) const { return channel_of(channel).active; }
  /// Recipients that have no slot yet and are due, or wait for the end of their destination's rest.
  std::size_t due(Channel channel) const { return channel_of(channel).due; }
  /// Whether the destination would get nothing now, whatever is added.
  bool resting(Channel channel, std::string_view destination, std::int64_t now) const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Entry {
    Turn turn;
    std::int64_t due;
    std::uint32_t destination;
    std::uint32_t next;  // of what is due
  };
  struct Destination {
    Channel channel{Channel::Local};
    std::string name;
    std::uint32_t first{kNone};  // of what is due
    std::uint32_t last{kNone};
    std::size_t entries{0};  // due or not
    std::size_t active{0};
    std::size_t settling{0};  // released, and not settled
    std::size_t granted{0};
    std::uint32_t successes{0};  // since `granted` grew
    std::uint32_t refusals{0};   // in a row
    std::int64_t rests_until{0};
    bool in_ring{false};
    bool in_use{false};
  };
  struct ChannelState {
    std::size_t active{0};
    std::size_t due{0};
    std::deque<std::uint32_t> ring;  // destinations that may have something to do
  };

  ChannelState& channel_of(Channel channel) { return channels_[channel == Channel::Local ? 0 : 1]; }
  const ChannelState& channel_of(Channel channel) const {
    return channels_[channel == Channel::Local ? 0 : 1];
  }
  std::size_t limit_of(Channel channel) const {
    return channel == Channel::Local ? limits_.local : limits_.remote;
  }
  std::size_t most_granted(Channel channel) const;
  std::uint32_t destination_of(Channel channel, std::string_view name);
  static std::string key_of(Channel channel, std::string_view name);
  std::uint32_t new_entry(const Waiting& waiting, std::uint32_t destination);
  void free_entry(std::uint32_t entry);
  void append_due(std::uint32_t entry);
  void enter_ring(std::uint32_t destination);
  void end_rest(std::uint32_t destination);
  void wake(std::int64_t now);
  std::optional<Slot> next_of(Channel channel, std::int64_t now);
  Slot take(std::uint32_t destination);
  void forget_if_idle(std::uint32_t destination);
  bool later(std::uint32_t a, std::uint32_t b) const { return entries_[a].due > entries_[b].due; }
  void push_future(std::uint32_t entry);
  std::uint32_t pop_future();
  void refused(Destination& destination, std::int64_t now);

  SchedulerLimits limits_;
  std::deque<Entry> entries_;
  std::uint32_t free_entries_{kNone};
  std::size_t count_{0};
  std::vector<std::uint32_t> future_;  // a heap, by due
  std::deque<Destination> destinations_;
  std::vector<std::uint32_t> free_destinations_;
  std::unordered_map<std::string, std::uint32_t> by_name_;
  std::set<std::pair<std::int64_t, std::uint32_t>> resting_;  // until when, who
  std::array<ChannelState, 2> channels_;
  bool remote_first_{false};
};

}  // namespace lbx::queue
