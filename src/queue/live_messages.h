// SPDX-License-Identifier: MIT
// Messages that are being delivered or will be at once: what is needed of them is in memory, the
// message itself as a descriptor, so that a burst needs no reading back. Bounded: what does not fit
// is read from the store when its turn comes. There is one Live for a message at any time.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/system.h"
#include "core/base/unique_fd.h"
#include "queue/store/message.h"

namespace lbx::queue {

struct LiveRecipient {
  RecipientId id{0};
  std::string address;
  Notify notify{};
  bool told_of_delay{false};
};

struct Live {
  MessageId id{0};
  Envelope envelope;
  std::string spool_name;                 // of a large message
  std::shared_ptr<const UniqueFd> body;   // sealed, or a file open for reading
  std::vector<LiveRecipient> recipients;  // those that wait, by number
  std::size_t open{0};                    // recipients that wait or are being delivered to
  bool to_be_told{false};                 // some have failed, or arrived and a sender asked

  /// Nothing: it has no such recipient.
  const std::string* address_of(RecipientId recipient) const;
  LiveRecipient* find(RecipientId recipient);
};
using LivePtr = std::shared_ptr<Live>;

/// A sealed memfd with these octets.
Result<UniqueFd> message_descriptor(std::string_view head, std::string_view octets);

class LiveMessages {
 public:
  struct Limits {
    std::size_t messages{1000};
    std::uint64_t octets{std::uint64_t{64} * 1024 * 1024};
  };

  explicit LiveMessages(Limits limits) : limits_{limits} {}

  /// The same message is the same Live, whoever asks for it. Nothing: read it.
  LivePtr find(MessageId message);
  /// A message that was not there; it lives as long as somebody has it, or it is kept.
  LivePtr add(Live live);
  /// Whether another message would be kept.
  bool has_room(std::uint64_t octets, std::int64_t now);
  /// Keeps it for `turns` of its recipients, where there is room.
  void keep(const LivePtr& live, std::size_t turns, std::int64_t now);
  /// The same for one whose turn comes before theirs that are kept: the last of them make room.
  void keep_first(const LivePtr& live, std::size_t turns, std::int64_t now);
  /// One of those turns has come.
  void used(MessageId message);
  /// These wait no more, or not now.
  void forget(const std::unordered_set<RecipientId>& recipients);
  std::size_t kept() const { return kept_.size(); }

 private:
  struct Kept {
    LivePtr live;
    std::size_t turns;
    std::int64_t since;
  };
  bool is_full(std::uint64_t octets) const {
    return kept_.size() >= limits_.messages || octets_ + octets > limits_.octets;
  }
  void insert(std::list<Kept>::iterator before, Kept kept);
  void drop(std::list<Kept>::iterator which);

  Limits limits_;
  std::uint64_t octets_{0};
  std::list<Kept> order_;  // whose turn is next first
  std::unordered_map<MessageId, std::list<Kept>::iterator> kept_;
  std::unordered_map<MessageId, std::weak_ptr<Live>> known_;
  std::size_t known_before_sweep_{64};
};

}  // namespace lbx::queue
