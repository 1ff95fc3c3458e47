// SPDX-License-Identifier: MIT
#include "queue/store/sqlite_repair.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/ascii.h"
#include "queue/store/sqlite_handle.h"
#include "queue/store/sqlite_schema.h"
#include "queue/store/store_place.h"

namespace lbx::queue {
namespace {

using sqlite::Database;
using sqlite::Rows;
using sqlite::Statement;
using sqlite::Table;

constexpr const char* kOldName = "queue.db";
constexpr const char* kNewName = "queue.db.new";
constexpr int kRepairPatience = 1'000;  // milliseconds
// Numbers between two readable stretches of a table that are tried one by one.
constexpr std::int64_t kMaxTried = 100'000;
// How far numbers are moved on where it cannot be read which were given away.
constexpr std::int64_t kNumbersSkipped = 1'000'000;

/// Puts rows of a table into another database, until one cannot be read: rows() says whether all
/// could, and the key of the last one.
class RowCopy {
 public:
  static Result<RowCopy> of(Database& from, Database& into, const Table& table) {
    RowCopy copy{from, table};
    Statement columns = LBX_TRY(into.prepare("SELECT group_concat('?') FROM pragma_table_info('" +
                                             std::string{table.name} + "')"));
    Rows rows = columns.start();
    LBX_TRY(rows.next());
    copy.insert_ = LBX_TRY(into.prepare(std::string{"INSERT OR IGNORE INTO "} + table.name +
                                        " VALUES(" + std::string{rows.text(0)} + ")"));
    return copy;
  }

  /// With `where` and its one value.
  Result<Statement> select(const std::string& where) {
    return from_.prepare(std::string{"SELECT * FROM "} + table_.name + " WHERE " + table_.key +
                         where);
  }
  bool rows(Statement& select, std::int64_t value, std::int64_t& last) {
    Rows found = select.start(value);
    for (;;) {
      const Result<bool> more = found.next();
      if (!more) return false;
      if (!*more) return true;
      last = found.number(0);
      // A row that the tables do not allow is not one of ours any more.
      if (!insert_.run_with(found)) sound_ = false;
    }
  }
  bool sound() const { return sound_; }

 private:
  RowCopy(Database& from, const Table& table) : from_{from}, table_{table} {}

  Database& from_;
  Table table_;
  Statement insert_;
  bool sound_{true};
};

/// From both ends to the damage, and what lies between number by number. The value is what cannot
/// be read, in words, or nothing.
std::string copy_rows(RowCopy& copy, const Table& table) {
  const std::string order = std::string{" ORDER BY "} + table.key;
  Result<Statement> forward = copy.select(" > ?" + order);
  Result<Statement> backward = copy.select(" > ?" + order + " DESC");
  Result<Statement> single = copy.select(" = ?");
  if (!forward || !backward || !single) return "nothing can be read";

  std::int64_t last = 0;
  if (copy.rows(*forward, 0, last)) return {};
  std::int64_t first = last + kMaxTried;
  if (copy.rows(*backward, last, first)) return {};
  const std::int64_t end = std::min(first, last + kMaxTried);
  for (std::int64_t each = last + 1; each < end; ++each) {
    std::int64_t ignored = 0;
    copy.rows(*single, each, ignored);
  }
  return "not all between the numbers " + std::to_string(last) + " and " + std::to_string(first) +
         " can be read";
}

Result<void> copy_table(Database& from, Database& into, const Table& table, Repair& repair) {
  RowCopy copy = LBX_TRY(RowCopy::of(from, into, table));
  const std::string missing = copy_rows(copy, table);
  const std::string name = std::string{"table "} + table.name + ": ";
  if (!missing.empty()) repair.lost.push_back(name + missing);
  if (!copy.sound()) repair.lost.push_back(name + "a row is not as it should be");
  return {};
}

/// Numbers go on where they were.
Result<void> keep_sequence(Database& from, Database& into, const std::string& table) {
  const std::string name = " FROM sqlite_sequence WHERE name = '" + table + "'";
  const Result<std::int64_t> old = from.number("SELECT seq" + name);
  std::int64_t next = LBX_TRY(into.number("SELECT coalesce(max(id), 0) FROM " + table));
  next = old ? std::max(next, *old) : next + kNumbersSkipped;
  LBX_TRY(into.run(("DELETE" + name).c_str()));
  Statement insert = LBX_TRY(into.prepare("INSERT INTO sqlite_sequence(name, seq) VALUES(?, ?)"));
  return insert.run(table, next);
}

/// What has lost a part that it cannot be delivered without is said, and left out.
Result<void> leave_out(Database& into, const char* say, const char* remove, Repair& repair) {
  {
    Statement statement = LBX_TRY(into.prepare(say));
    Rows rows = statement.start();
    while (LBX_TRY(rows.next())) repair.lost.emplace_back(rows.text(0));
  }
  return into.run(remove);
}

Result<void> leave_out_parts(Database& into, Repair& repair) {
  LBX_TRY(leave_out(into,
                    "SELECT 'message ' || m.id || ' from <' || sender || '>'"
                    " || coalesce(' to ' || (SELECT group_concat(address) FROM recipient"
                    " WHERE message = m.id), '') || ': its text cannot be read' FROM message m"
                    " WHERE spool IS NULL AND id NOT IN (SELECT message FROM body)",
                    "DELETE FROM message"
                    " WHERE spool IS NULL AND id NOT IN (SELECT message FROM body)",
                    repair));
  LBX_TRY(leave_out(into,
                    "SELECT 'message ' || id || ' from <' || sender || '>:"
                    " its recipients cannot be read' FROM message"
                    " WHERE id NOT IN (SELECT message FROM recipient)",
                    "DELETE FROM message WHERE id NOT IN (SELECT message FROM recipient)", repair));
  LBX_TRY(leave_out(into,
                    "SELECT 'recipient ' || address || ' of message ' || message ||"
                    " ': the message cannot be read' FROM recipient"
                    " WHERE message NOT IN (SELECT id FROM message)",
                    "DELETE FROM recipient WHERE message NOT IN (SELECT id FROM message)", repair));
  return leave_out(into,
                   "SELECT 'a text of ' || length(octets) || ' octets belongs to no message that"
                   " can be read (' || message || ')' FROM body"
                   " WHERE message NOT IN (SELECT id FROM message)",
                   "DELETE FROM body WHERE message NOT IN (SELECT id FROM message)", repair);
}

Result<void> fill(Database& from, Database& into, Repair& repair) {
  LBX_TRY(into.run("BEGIN IMMEDIATE"));
  for (const Table& each : sqlite::kTables) LBX_TRY(copy_table(from, into, each, repair));
  for (const char* each : {"message", "recipient"}) LBX_TRY(keep_sequence(from, into, each));
  LBX_TRY(leave_out_parts(into, repair));
  LBX_TRY(into.run("COMMIT"));
  repair.messages =
      static_cast<std::uint64_t>(LBX_TRY(into.number("SELECT count(*) FROM message")));
  repair.recipients =
      static_cast<std::uint64_t>(LBX_TRY(into.number("SELECT count(*) FROM recipient")));
  return {};
}

/// Nothing is lost where this ends halfway: the old file has its name, or the new one has it, and
/// the old one another.
Result<void> take_place(FileOps& files, int place, const std::string& kept) {
  {
    const UniqueFd fresh = LBX_TRY(files.open_at(place, kNewName, O_RDWR));
    LBX_TRY(files.sync(fresh.get()));
  }
  LBX_TRY(files.link_at(place, kOldName, place, kept));
  // A log that could not be written back belongs to the old file, never to the new one.
  const Result<void> log = files.rename_at(place, "queue.db-wal", place, kept + "-wal");
  if (!log && log.error().os_error != ENOENT) return log.error();
  const Result<void> index = files.unlink_at(place, "queue.db-shm");
  if (!index && index.error().os_error != ENOENT) return index.error();
  LBX_TRY(files.sync(place));
  LBX_TRY(files.rename_at(place, kNewName, place, kOldName));
  return files.sync(place);
}

Result<void> discard_unfinished(FileOps& files, int place) {
  for (const char* each : {"queue.db.new", "queue.db.new-journal"}) {
    const Result<void> gone = files.unlink_at(place, each);
    if (!gone && gone.error().os_error != ENOENT) return gone.error();
  }
  return {};
}

Result<void> copy_readable(System& system, const std::string& directory, Repair& repair) {
  Database into = LBX_TRY(Database::open(directory + '/' + kNewName, Database::Access::Write, 0));
  LBX_TRY(
      into.run("PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE; PRAGMA foreign_keys = OFF"));
  LBX_TRY(sqlite::migrate(into, ascii::to_hex(system.randomness.bits64(), 16)));
  Database from =
      LBX_TRY(Database::open(directory + '/' + kOldName, Database::Access::Write, kRepairPatience));
  LBX_TRY(fill(from, into, repair));
  // Best effort: without a log the old file is one file.
  static_cast<void>(from.run("PRAGMA wal_checkpoint(TRUNCATE)"));
  return {};
}

}  // namespace

Result<Repair> repair_store(System& system, const std::string& directory) {
  FileOps& files = system.files;
  const UniqueFd place = LBX_TRY(open_store_directory(system, directory));
  const UniqueFd lock = LBX_TRY(lock_store(system, place.get(), 0));
  LBX_TRY(files.stat_at(place.get(), kOldName));
  LBX_TRY(discard_unfinished(files, place.get()));
  LBX_TRY(make_store_file(system, place.get(), kNewName));
  Repair repair;
  LBX_TRY(copy_readable(system, directory, repair));
  repair.kept = "queue.db.damaged-" + std::to_string(system.clock.now().seconds);
  LBX_TRY(take_place(files, place.get(), repair.kept));
  return repair;
}

}  // namespace lbx::queue
