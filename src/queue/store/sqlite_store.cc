// SPDX-License-Identifier: MIT
#include "queue/store/sqlite_store.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "queue/store/sqlite_handle.h"
#include "queue/store/sqlite_schema.h"
#include "queue/store/store_place.h"

namespace lbx::queue {
namespace {

using sqlite::Blob;
using sqlite::Database;
using sqlite::Rows;
using sqlite::Statement;

// Readers are quick and need no lock in WAL mode; this is for the moments that do.
constexpr int kBusyPatience = 10'000;  // milliseconds
constexpr std::size_t kMaxFaults = 100;
// Free pages are used again, but a file that once was large stays large. Above so much, of which so
// little is in use, a start makes it small.
constexpr std::int64_t kShrinkOctets = std::int64_t{64} * 1024 * 1024;
constexpr std::int64_t kShrinkFactor = 8;

// Page size: measured (letterbox-queue(5)). secure_delete would write every page that a message
// leaves. The log is written back by 32 MiB, since each time takes flushes of its own, and keeps
// its room: to write over what is there is the cheapest to flush.
constexpr const char* kForWriting = R"(
  PRAGMA page_size = 4096;
  PRAGMA auto_vacuum = NONE;
  PRAGMA journal_mode = WAL;
  PRAGMA secure_delete = OFF;
  PRAGMA foreign_keys = ON;
  PRAGMA wal_autocheckpoint = 8192;
  PRAGMA journal_size_limit = 50331648;
  PRAGMA temp_store = MEMORY;
)";

enum class Sql : std::size_t {
  Begin,
  Commit,
  AddMessage,
  AddBody,
  AddRecipient,
  Record,
  Told,
  ToldOfDelay,
  NotEnded,
  EndRecipients,
  EndBody,
  EndMessage,
  Retry,
  Hold,
  Release,
  Delete,
  Fail,
  Once,
  Lease,
  Unfinished,
  Message,
  Body,
  Recipients,
  List,
  MessageTotals,
  StateTotals,
  SpoolFiles,
  Count,
};
constexpr auto kSqlCount = static_cast<std::size_t>(Sql::Count);

// An administrator may have changed a recipient while it was tried: what he deleted stays so, and
// what he held or failed is not made to wait again.
constexpr std::array<const char*, kSqlCount> kSql{
    "BEGIN IMMEDIATE",
    "COMMIT",
    "INSERT INTO message(sender, extent, envelope_id, utf8, uid, pid, born, size, spool)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "INSERT INTO body(message, octets) VALUES(?, ?)",
    "INSERT INTO recipient(message, state, due, tried, attempts, told_of_delay, channel, address,"
    " original, destination, notify, original_recipient, report)"
    " VALUES(?, 'w', ?, 0, 0, 0, ?, ?, ?, ?, ?, ?, '')",
    "UPDATE recipient SET state = iif(?1 <> 'w' OR state = 'w', ?1, state), due = ?2, tried = ?3,"
    " report = ?4, attempts = attempts + 1 WHERE id = ?5 AND state <> 'd'",
    "UPDATE recipient SET state = 'd' WHERE id = ? AND state IN ('f', 'a')",
    "UPDATE recipient SET told_of_delay = 1 WHERE id = ?",
    "SELECT count(*) FROM (SELECT 1 FROM recipient WHERE message = ? AND state <> 'd' LIMIT 1)",
    "DELETE FROM recipient WHERE message = ?",
    "DELETE FROM body WHERE message = ?",
    "DELETE FROM message WHERE id = ?",
    "UPDATE recipient SET due = ?2 WHERE id = ?1 AND state = 'w'",
    "UPDATE recipient SET state = 'h' WHERE id = ?1 AND state = 'w'",
    "UPDATE recipient SET state = 'w', due = ?2 WHERE id = ?1 AND state = 'h'",
    "UPDATE recipient SET state = 'd' WHERE id = ?1 AND state <> 'd'",
    "UPDATE recipient SET state = 'f', report = ?3 WHERE id = ?1 AND state IN ('w', 'h')",
    "INSERT OR IGNORE INTO once(key) VALUES(?)",
    "SELECT r.id, r.message, r.channel, m.born, r.due, r.attempts, r.destination"
    " FROM recipient r JOIN message m ON m.id = r.message WHERE r.state = 'w'"
    " ORDER BY r.due, r.id",
    "SELECT message FROM recipient GROUP BY message"
    " HAVING sum(state IN ('f', 'a')) > 0 OR sum(state <> 'd') = 0 ORDER BY message",
    "SELECT id, sender, extent, envelope_id, utf8, uid, pid, born, size, spool"
    " FROM message WHERE id = ?",
    "SELECT octets FROM body WHERE message = ?",
    "SELECT id, state, due, tried, attempts, told_of_delay, channel, address, original,"
    " destination, notify, original_recipient, report FROM recipient WHERE message = ?"
    " ORDER BY id",
    "SELECT id, sender, extent, envelope_id, utf8, uid, pid, born, size, spool"
    " FROM message WHERE id > ? ORDER BY id LIMIT ?",
    "SELECT count(*), total(size), min(born) FROM message",
    "SELECT state, count(*) FROM recipient GROUP BY state",
    "SELECT spool, id, size FROM message WHERE spool IS NOT NULL",
};

/// A letter of the schema, as text for SQLite.
template <typename Letter>
std::string_view letter(const Letter& value) {
  static_assert(sizeof value == 1);
  return {reinterpret_cast<const char*>(&value), 1};  // NOLINT: any object may be read as chars
}

template <typename Letter>
Letter letter_of(std::string_view text) {
  return text.empty() ? Letter{} : static_cast<Letter>(text.front());
}

std::string notify_letters(const Notify& notify) {
  std::string letters;
  if (notify.never) letters += 'n';
  if (notify.success) letters += 's';
  if (notify.failure) letters += 'f';
  if (notify.delay) letters += 'd';
  return letters;
}

Notify notify_of(std::string_view letters) {
  const auto has = [letters](char each) { return letters.find(each) != std::string_view::npos; };
  return {has('n'), has('s'), has('f'), has('d')};
}

Message message_of(const Rows& rows) {
  Message message;
  message.id = rows.number(0);
  message.envelope.sender = rows.text(1);
  message.envelope.extent = letter_of<Return>(rows.text(2));
  message.envelope.envelope_id = rows.text(3);
  message.envelope.utf8 = rows.number(4) != 0;
  message.envelope.uid = static_cast<uid_t>(rows.number(5));
  message.envelope.pid = static_cast<pid_t>(rows.number(6));
  message.envelope.born = rows.number(7);
  message.envelope.size = static_cast<std::uint64_t>(rows.number(8));
  if (!rows.is_null(9)) message.body = SpoolBody{std::string{rows.text(9)}};
  return message;
}

Recipient recipient_of(const Rows& rows, MessageId message) {
  Recipient recipient;
  recipient.id = rows.number(0);
  recipient.message = message;
  recipient.state = letter_of<State>(rows.text(1));
  recipient.due = rows.number(2);
  recipient.tried = rows.number(3);
  recipient.attempts = static_cast<std::uint32_t>(rows.number(4));
  recipient.told_of_delay = rows.number(5) != 0;
  recipient.as.channel = letter_of<Channel>(rows.text(6));
  recipient.as.address = rows.text(7);
  recipient.as.original = rows.text(8);
  recipient.as.destination = rows.text(9);
  recipient.as.notify = notify_of(rows.text(10));
  recipient.as.original_recipient = rows.text(11);
  recipient.report = rows.text(12);
  return recipient;
}

}  // namespace

struct SqliteStore::Parts {
  explicit Parts(FileOps& with) : files{with} {}

  FileOps& files;
  UniqueFd directory;
  UniqueFd lock;
  Database database;
  std::string id;
  std::array<Statement, kSqlCount> statements;  // prepared when first used
  Durability durability{Durability::Now};       // what SQLite was told last
  std::int64_t changes{0};                      // before the transaction
  bool unflushed{false};                        // something was committed that may be undone

  Result<Statement*> statement(Sql which) {
    const auto index = static_cast<std::size_t>(which);
    Statement& found = statements.at(index);
    if (found.get() == nullptr) found = LBX_TRY(database.prepare(kSql.at(index)));
    return &found;
  }
  template <typename... Values>
  Result<void> run(Sql which, const Values&... values) {
    Statement* found = LBX_TRY(statement(which));
    return found->run(values...);
  }
  Result<void> read_recipients(Message& message);
  Result<void> make_small();
};

namespace {

// What is read by several statements must be of one moment. Within a transaction it is.
class Snapshot {
 public:
  static Result<Snapshot> begin(Database& database) {
    Snapshot snapshot;
    if (database.in_transaction()) return snapshot;
    LBX_TRY(database.run("BEGIN"));
    snapshot.database_.reset(&database);
    return snapshot;
  }

 private:
  struct End {
    void operator()(Database* database) const { static_cast<void>(database->run("COMMIT")); }
  };
  std::unique_ptr<Database, End> database_;
};

}  // namespace

Result<void> SqliteStore::Parts::read_recipients(Message& message) {
  Statement* recipients = LBX_TRY(statement(Sql::Recipients));
  Rows rows = recipients->start(message.id);
  while (LBX_TRY(rows.next())) message.recipients.push_back(recipient_of(rows, message.id));
  return {};
}

Result<void> SqliteStore::Parts::make_small() {
  const std::int64_t size = LBX_TRY(database.number("PRAGMA page_size"));
  const std::int64_t pages = LBX_TRY(database.number("PRAGMA page_count"));
  const std::int64_t unused = LBX_TRY(database.number("PRAGMA freelist_count"));
  if (pages * size < kShrinkOctets || (pages - unused) * kShrinkFactor > pages) return {};
  // It needs room, and nobody else reading. Where it has neither, another start will do.
  static_cast<void>(database.run("VACUUM"));
  return {};
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}

SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(System& system, const std::string& directory,
                                                       Options options) {
  auto parts = std::make_unique<Parts>(system.files);
  parts->directory = LBX_TRY(open_store_directory(system, directory));
  const std::string path = directory + "/queue.db";
  if (options.access == Access::Read) {
    parts->database =
        LBX_TRY(Database::open(path, Database::Access::Read, kBusyPatience, options.vfs));
    LBX_TRY(sqlite::require_schema(parts->database));
  } else {
    const int place = parts->directory.get();
    parts->lock = LBX_TRY(lock_store(system, place, options.patience_ms));
    const bool fresh = LBX_TRY(make_store_file(system, place, "queue.db"));
    parts->database =
        LBX_TRY(Database::open(path, Database::Access::Write, kBusyPatience, options.vfs));
    LBX_TRY(parts->database.run(kForWriting));
    LBX_TRY(sqlite::migrate(parts->database, ascii::to_hex(system.randomness.bits64(), 16)));
    if (fresh) LBX_TRY(system.files.sync(place));
    LBX_TRY(parts->make_small());
  }
  parts->id = LBX_TRY(parts->database.text("SELECT value FROM store WHERE name = 'id'"));
  return std::unique_ptr<SqliteStore>{new SqliteStore{std::move(parts)}};  // NOLINT: private
}

const std::string& SqliteStore::id() const {
  return parts_->id;
}

// In WAL mode FULL is one sync of the log at a commit, of all that stands in it; NORMAL is none
// before the log is written back. Transactions stand in the log one behind the other, each with a
// checksum over all before it, so what a power cut takes is always the youngest.
Result<void> SqliteStore::begin(Durability durability) {
  if (durability != parts_->durability) {
    LBX_TRY(parts_->database.run(durability == Durability::Now ? "PRAGMA synchronous = FULL"
                                                               : "PRAGMA synchronous = NORMAL"));
    parts_->durability = durability;
  }
  parts_->changes = parts_->database.changes();
  return parts_->run(Sql::Begin);
}

Result<void> SqliteStore::commit() {
  Result<void> done = parts_->run(Sql::Commit);
  if (!done) {
    roll_back();
    return done;
  }
  const bool changed = parts_->database.changes() != parts_->changes;
  if (parts_->durability == Durability::Soon) {
    parts_->unflushed |= changed;
    return done;
  }
  // SQLite syncs nothing for a transaction that wrote nothing; what was before it must last, too.
  if (parts_->unflushed && !changed) LBX_TRY(parts_->database.sync_log());
  parts_->unflushed = false;
  return done;
}

void SqliteStore::roll_back() {
  // Some errors have done it already.
  if (parts_->database.in_transaction()) static_cast<void>(parts_->database.run("ROLLBACK"));
}

Result<Submitted> SqliteStore::submit(const NewMessage& message) {
  const Envelope& envelope = message.envelope;
  Statement* add = LBX_TRY(parts_->statement(Sql::AddMessage));
  const auto* spool = std::get_if<SpoolBody>(&message.body);
  const auto insert = [&](auto spool_name) {
    return add->run(envelope.sender, letter(envelope.extent), envelope.envelope_id, envelope.utf8,
                    envelope.uid, envelope.pid, envelope.born, envelope.size, spool_name);
  };
  LBX_TRY(spool != nullptr ? insert(std::string_view{spool->name}) : insert(nullptr));

  Submitted submitted;
  submitted.message = parts_->database.last_row();
  if (const auto* body = std::get_if<InlineBody>(&message.body); body != nullptr) {
    LBX_TRY(parts_->run(Sql::AddBody, submitted.message, Blob{body->octets}));
  }
  submitted.recipients.reserve(message.recipients.size());
  for (const NewRecipient& each : message.recipients) {
    LBX_TRY(parts_->run(Sql::AddRecipient, submitted.message, envelope.born, letter(each.channel),
                        each.address, each.original, each.destination, notify_letters(each.notify),
                        each.original_recipient));
    submitted.recipients.push_back(parts_->database.last_row());
  }
  return submitted;
}

Result<void> SqliteStore::record(std::span<const Outcome> outcomes) {
  for (const Outcome& each : outcomes) {
    const std::string_view report = each.state == State::Done ? std::string_view{} : each.report;
    LBX_TRY(
        parts_->run(Sql::Record, letter(each.state), each.due, each.tried, report, each.recipient));
  }
  return {};
}

Result<void> SqliteStore::told(std::span<const RecipientId> recipients) {
  for (const RecipientId each : recipients) LBX_TRY(parts_->run(Sql::Told, each));
  return {};
}

Result<void> SqliteStore::told_of_delay(std::span<const RecipientId> recipients) {
  for (const RecipientId each : recipients) LBX_TRY(parts_->run(Sql::ToldOfDelay, each));
  return {};
}

Result<std::vector<MessageId>> SqliteStore::end(std::span<const MessageId> messages) {
  std::vector<MessageId> ended;
  for (const MessageId each : messages) {
    Statement* not_ended = LBX_TRY(parts_->statement(Sql::NotEnded));
    if (LBX_TRY(not_ended->number(each)) != 0) continue;
    LBX_TRY(parts_->run(Sql::EndRecipients, each));
    LBX_TRY(parts_->run(Sql::EndBody, each));
    LBX_TRY(parts_->run(Sql::EndMessage, each));
    if (parts_->database.changed() != 0) ended.push_back(each);
  }
  return ended;
}

Result<std::size_t> SqliteStore::change(std::span<const RecipientId> recipients, Change change,
                                        std::int64_t now, std::string_view report) {
  static constexpr std::array kChanges{Sql::Retry, Sql::Hold, Sql::Release, Sql::Delete,
                                       Sql::Fail};  // as in Change
  const Sql which = kChanges.at(static_cast<std::size_t>(change));
  std::size_t changed = 0;
  for (const RecipientId each : recipients) {
    Statement* statement = LBX_TRY(parts_->statement(which));
    if (change == Change::Fail) {
      LBX_TRY(statement->run(each, nullptr, report));
    } else if (change == Change::Retry || change == Change::Release) {
      LBX_TRY(statement->run(each, now));
    } else {
      LBX_TRY(statement->run(each));
    }
    changed += parts_->database.changed();
  }
  return changed;
}

Result<bool> SqliteStore::once(std::string_view key) {
  LBX_TRY(parts_->run(Sql::Once, key));
  return parts_->database.changed() != 0;
}

Result<void> SqliteStore::lease(const std::function<void(const Waiting&)>& take) {
  Statement* statement = LBX_TRY(parts_->statement(Sql::Lease));
  Rows rows = statement->start();
  while (LBX_TRY(rows.next())) {
    take({rows.number(0), rows.number(1), letter_of<Channel>(rows.text(2)), rows.number(3),
          rows.number(4), static_cast<std::uint32_t>(rows.number(5)), rows.text(6)});
  }
  return {};
}

Result<std::vector<MessageId>> SqliteStore::unfinished() {
  std::vector<MessageId> messages;
  Statement* statement = LBX_TRY(parts_->statement(Sql::Unfinished));
  Rows rows = statement->start();
  while (LBX_TRY(rows.next())) messages.push_back(rows.number(0));
  return messages;
}

Result<std::optional<Message>> SqliteStore::message(MessageId id, bool with_body) {
  const Snapshot snapshot = LBX_TRY(Snapshot::begin(parts_->database));
  Statement* statement = LBX_TRY(parts_->statement(Sql::Message));
  Rows rows = statement->start(id);
  if (!LBX_TRY(rows.next())) return std::optional<Message>{};
  Message message = message_of(rows);
  LBX_TRY(parts_->read_recipients(message));
  auto* body = std::get_if<InlineBody>(&message.body);
  if (with_body && body != nullptr) {
    Statement* octets = LBX_TRY(parts_->statement(Sql::Body));
    Rows found = octets->start(id);
    if (!LBX_TRY(found.next())) {
      return Error::later("message " + std::to_string(id) + " has no body");
    }
    body->octets = found.text(0);
  }
  return std::optional<Message>{std::move(message)};
}

Result<std::vector<Message>> SqliteStore::list(MessageId after, std::size_t limit) {
  const Snapshot snapshot = LBX_TRY(Snapshot::begin(parts_->database));
  std::vector<Message> messages;
  Statement* statement = LBX_TRY(parts_->statement(Sql::List));
  Rows rows = statement->start(after, limit);
  while (LBX_TRY(rows.next())) {
    messages.push_back(message_of(rows));
    LBX_TRY(parts_->read_recipients(messages.back()));
  }
  return messages;
}

Result<Totals> SqliteStore::totals() {
  const Snapshot snapshot = LBX_TRY(Snapshot::begin(parts_->database));
  Totals totals;
  Statement* messages = LBX_TRY(parts_->statement(Sql::MessageTotals));
  Rows sums = messages->start();
  if (LBX_TRY(sums.next())) {
    totals.messages = static_cast<std::uint64_t>(sums.number(0));
    totals.octets = static_cast<std::uint64_t>(sums.number(1));
    totals.oldest = sums.number(2);
  }
  Statement* states = LBX_TRY(parts_->statement(Sql::StateTotals));
  Rows rows = states->start();
  while (LBX_TRY(rows.next())) {
    const auto count = static_cast<std::uint64_t>(rows.number(1));
    switch (letter_of<State>(rows.text(0))) {
      case State::Waiting:
        totals.waiting = count;
        break;
      case State::Held:
        totals.held = count;
        break;
      case State::Failed:
        totals.failed = count;
        break;
      case State::Arrived:
      case State::Done:
        break;
    }
  }
  return totals;
}

Result<void> SqliteStore::spool_files(const std::function<void(std::string_view)>& take) {
  Statement* statement = LBX_TRY(parts_->statement(Sql::SpoolFiles));
  Rows rows = statement->start();
  while (LBX_TRY(rows.next())) take(rows.text(0));
  return {};
}

Result<std::vector<std::string>> SqliteStore::check() {
  std::vector<std::string> faults = sqlite::find_faults(parts_->database, kMaxFaults);
  Statement* statement = LBX_TRY(parts_->statement(Sql::SpoolFiles));
  Rows rows = statement->start();
  while (faults.size() < kMaxFaults && LBX_TRY(rows.next())) {
    const std::string file = "spool/" + std::string{rows.text(0)};
    const Result<struct stat> status = parts_->files.stat_at(parts_->directory.get(), file);
    if (status && status->st_size == rows.number(2)) continue;
    faults.push_back("message " + std::to_string(rows.number(1)) + ": " + file +
                     (status ? " has another size" : " is missing"));
  }
  return faults;
}

}  // namespace lbx::queue
