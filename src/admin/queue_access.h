// SPDX-License-Identifier: MIT
// How the administrator's commands reach the queue: they read the store, and what they change goes
// through the door where letterbox-queued runs, else into the store itself.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/queue_selection.h"
#include "admin/queue_stats.h"
#include "core/base/result.h"
#include "core/base/system.h"
#include "queue/store/store.h"

namespace lbx::admin {

/// Gives the messages that are chosen to `take`: those with the numbers that the selection names,
/// in that order, or all by number. The value is the numbers that nothing has.
Result<std::vector<queue::MessageId>> for_each_chosen(
    queue::QueueStore& store, const QueueSelection& selection, std::int64_t now,
    const std::function<Result<void>(const queue::Message&)>& take);

/// What a change is called at the door.
std::string_view word_of(queue::Change change);
/// Whether it does anything to a recipient that stands so.
bool applies(queue::Change change, queue::State state);

struct ChosenRecipients {
  std::uint64_t messages{0};
  std::vector<queue::RecipientId> recipients{};
  std::vector<queue::MessageId> touched{};  // the messages
};

/// The value is how many recipients were changed: some may have been dealt with meanwhile.
Result<std::uint64_t> change_queue(System& system, const std::string& mail_home,
                                   queue::Change change, const std::string& report,
                                   const ChosenRecipients& chosen);

Result<Counters> read_queue_counters(const std::string& mail_home);

}  // namespace lbx::admin
