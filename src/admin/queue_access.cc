// SPDX-License-Identifier: MIT
#include "admin/queue_access.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "core/wire/queue_door.h"
#include "queue/store/places.h"
#include "queue/store/reading.h"
#include "queue/store/spool_area.h"
#include "queue/store/sqlite_store.h"

namespace lbx::admin {
namespace {

using queue::Change;
using queue::Durability;
using queue::SqliteStore;
using queue::State;

/// How long to wait for whoever writes to the store just now, qmail-queue perhaps.
constexpr int kWriterPatience = 5'000;  // milliseconds

/// Nothing where nobody is behind the door.
Result<std::optional<wire::QueueDoor>> door(const std::string& mail_home) {
  Result<wire::QueueDoor> opened = wire::QueueDoor::connect(queue::door_of(mail_home));
  if (opened) return std::optional{std::move(opened).value()};
  const int why = opened.error().os_error;
  if (why == ENOENT || why == ECONNREFUSED) return std::optional<wire::QueueDoor>{};
  return opened.error();
}

/// The whole change is one transaction, with the end of the messages that are finished by it.
Result<std::size_t> write_change(SqliteStore& store, Change change, const std::string& report,
                                 std::int64_t now, const ChosenRecipients& chosen) {
  const std::size_t changed = LBX_TRY(store.change(chosen.recipients, change, now, report));
  LBX_TRY(store.end(chosen.touched));
  return changed;
}

Result<std::uint64_t> change_store(System& system, const std::string& mail_home, Change change,
                                   const std::string& report, const ChosenRecipients& chosen) {
  const std::string directory = queue::store_of(mail_home);
  const std::unique_ptr<SqliteStore> store =
      LBX_TRY(SqliteStore::open(system, directory, {SqliteStore::Access::Write, kWriterPatience}));
  LBX_TRY(store->begin(Durability::Now));
  const Result<std::size_t> changed =
      write_change(*store, change, report, system.clock.now().seconds, chosen);
  if (!changed) {
    store->roll_back();
    return changed.error();
  }
  LBX_TRY(store->commit());
  if (change == Change::Delete) {
    queue::SpoolArea spool = LBX_TRY(queue::SpoolArea::open(system, directory));
    LBX_TRY(spool.sweep(*store));
  }
  return std::uint64_t{*changed};
}

}  // namespace

Result<std::vector<queue::MessageId>> for_each_chosen(
    queue::QueueStore& store, const QueueSelection& selection, std::int64_t now,
    const std::function<Result<void>(const queue::Message&)>& take) {
  std::vector<queue::MessageId> missing;
  for (const queue::MessageId id : selection.messages) {
    const std::optional<queue::Message> message = LBX_TRY(store.message(id, false));
    if (!message) {
      missing.push_back(id);
    } else if (chooses(selection, *message, now)) {
      LBX_TRY(take(*message));
    }
  }
  if (!selection.messages.empty()) return missing;
  LBX_TRY(queue::for_each_message(store, [&](const queue::Message& message) -> Result<void> {
    if (!chooses(selection, message, now)) return {};
    return take(message);
  }));
  return missing;
}

std::string_view word_of(Change change) {
  switch (change) {
    case Change::Retry:
      return "retry";
    case Change::Hold:
      return "hold";
    case Change::Release:
      return "release";
    case Change::Delete:
      return "delete";
    case Change::Fail:
      return "fail";
  }
  return "";
}

bool applies(Change change, State state) {
  switch (change) {
    case Change::Retry:
    case Change::Hold:
      return state == State::Waiting;
    case Change::Release:
      return state == State::Held;
    case Change::Delete:
      return state != State::Done;
    case Change::Fail:
      return state == State::Waiting || state == State::Held;
  }
  return false;
}

Result<std::uint64_t> change_queue(System& system, const std::string& mail_home, Change change,
                                   const std::string& report, const ChosenRecipients& chosen) {
  if (chosen.recipients.empty()) return std::uint64_t{0};
  std::optional<wire::QueueDoor> open = LBX_TRY(door(mail_home));
  if (open) return open->change(word_of(change), report, chosen.recipients);
  return change_store(system, mail_home, change, report, chosen);
}

Result<Counters> read_queue_counters(const std::string& mail_home) {
  std::optional<wire::QueueDoor> open = LBX_TRY(door(mail_home));
  if (!open) return Counters{};
  return Counters{LBX_TRY(open->counters())};
}

}  // namespace lbx::admin
