// SPDX-License-Identifier: MIT
// Messages of a stopped qmail queue become messages of ours. What stood in the old one holds on:
// who has got a message does not get it again, who could not get it is still reported, with the
// old report, and the age of a message counts. Each message is noted in the transaction that adds
// it, so that a second run, or one after a crash, adds no message twice and misses none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "queue/classify.h"
#include "queue/old_queue.h"
#include "queue/store/store.h"

namespace lbx::queue {

/// Messages and octets of bodies in memory that one transaction takes at most.
inline constexpr std::size_t kMaxTakenTogether = 100;
inline constexpr std::uint64_t kMaxOctetsTogether = std::uint64_t{8} * 1024 * 1024;

/// Makes a body of an open message, durable as soon as the transaction is.
using BodyMaker = std::function<Result<Body>(int message, std::uint64_t size)>;

struct TakeOverOptions {
  bool remove{false};   // what is ours now, from the old queue
  bool dry_run{false};  // nothing is changed anywhere
};

struct TakenOver {
  std::uint64_t messages{0};
  std::uint64_t recipients{0};  // that still have to get their message
  std::uint64_t failed{0};      // that are still to be reported
  std::uint64_t finished{0};    // messages with nothing left to do
  std::uint64_t known{0};       // messages that an earlier run has taken over
  std::uint64_t removed{0};
  std::vector<std::string> problems;  // messages that could not be read; they stay where they are
};

/// An error is the store's, or the old queue's where something cannot be removed: what was
/// committed before it stays.
Result<TakenOver> take_over(const OldQueue& old, QueueStore& store, const Routes& routes,
                            const BodyMaker& make_body, const TakeOverOptions& options);

/// The recipient of a message that qmail-send has classified already: `address` is what a virtual
/// domain has made of it, which is undone for reports.
NewRecipient classified_before(const Routes& routes, Channel channel, const std::string& address);

/// What names a message of the old queue, for ever.
std::string identity_of(const OldMessage& message);

}  // namespace lbx::queue
