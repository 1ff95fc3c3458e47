// SPDX-License-Identifier: MIT
#include "queue/store/sqlite_schema.h"

#include <array>

namespace lbx::queue::sqlite {
namespace {

// Bodies have a table of their own, so that who looks for due recipients or lists the queue reads
// none. AUTOINCREMENT: a number that was once given away never comes back (message.h).
constexpr const char* kVersion1 = R"(
  CREATE TABLE store(
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE message(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sender TEXT NOT NULL,
    extent TEXT NOT NULL CHECK(extent IN ('-', 'f', 'h')),
    envelope_id TEXT NOT NULL,
    utf8 INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    born INTEGER NOT NULL,
    size INTEGER NOT NULL,
    spool TEXT
  ) STRICT;
  CREATE TABLE body(
    message INTEGER PRIMARY KEY REFERENCES message(id),
    octets BLOB NOT NULL
  ) STRICT;
  CREATE TABLE recipient(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES message(id),
    state TEXT NOT NULL CHECK(state IN ('w', 'h', 'f', 'a', 'd')),
    due INTEGER NOT NULL,
    tried INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    told_of_delay INTEGER NOT NULL,
    channel TEXT NOT NULL CHECK(channel IN ('l', 'r')),
    address TEXT NOT NULL,
    original TEXT NOT NULL,
    destination TEXT NOT NULL,
    notify TEXT NOT NULL,
    original_recipient TEXT NOT NULL,
    report TEXT NOT NULL
  ) STRICT;
  CREATE INDEX recipient_of ON recipient(message);
  CREATE TABLE once(
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
  ) STRICT;
)";

// The one at N makes version N + 1 out of version N.
constexpr std::array kMigrations{kVersion1};
static_assert(kMigrations.size() == kSchemaVersion);

constexpr std::array kInvariants{
    "SELECT 'message ' || id || ' has no recipients' FROM message"
    " WHERE NOT EXISTS (SELECT 1 FROM recipient WHERE message = message.id)",
    "SELECT 'message ' || id || ' has no body' FROM message"
    " WHERE spool IS NULL AND NOT EXISTS (SELECT 1 FROM body WHERE message = message.id)",
    "SELECT 'message ' || id || ' has ' || length(octets) || ' octets instead of ' || size"
    " FROM message JOIN body ON body.message = message.id WHERE length(octets) <> size",
    "SELECT 'recipient ' || id || ' belongs to no message' FROM recipient"
    " WHERE NOT EXISTS (SELECT 1 FROM message WHERE id = recipient.message)",
    "SELECT 'the body of message ' || message || ' belongs to none' FROM body"
    " WHERE NOT EXISTS (SELECT 1 FROM message WHERE id = body.message AND spool IS NULL)",
};

Result<void> refuse_foreign(Database& database, std::int64_t version) {
  const std::int64_t application = LBX_TRY(database.number("PRAGMA application_id"));
  if (application != kApplication) return Error::later("queue.db is not a queue of Letterbox's");
  if (version <= kSchemaVersion) return {};
  return Error::later("queue.db has version " + std::to_string(version) +
                      ", of a newer Letterbox than this one, which knows " +
                      std::to_string(kSchemaVersion));
}

Result<void> apply_migrations(Database& database, std::int64_t version, const std::string& id) {
  for (auto at = static_cast<std::size_t>(version); at < kMigrations.size(); ++at) {
    LBX_TRY(database.run(kMigrations[at]));  // NOLINT: below the array's size
  }
  if (version == 0) {
    Statement name = LBX_TRY(database.prepare("INSERT INTO store VALUES('id', ?)"));
    LBX_TRY(name.run(id));
  }
  const std::string marks = "PRAGMA application_id = " + std::to_string(kApplication) +
                            "; PRAGMA user_version = " + std::to_string(kSchemaVersion);
  return database.run(marks.c_str());
}

Result<void> read_lines(Database& database, const char* sql, std::size_t limit,
                        std::vector<std::string>& lines) {
  Statement statement = LBX_TRY(database.prepare(sql));
  Rows rows = statement.start();
  while (lines.size() < limit && LBX_TRY(rows.next())) {
    if (rows.text(0) != "ok") lines.emplace_back(rows.text(0));
  }
  return {};
}

/// A page that cannot be read is a fault, too.
void append_lines(Database& database, const char* sql, std::size_t limit,
                  std::vector<std::string>& lines) {
  const Result<void> done = read_lines(database, sql, limit, lines);
  if (!done) lines.push_back(done.error().what);
}

}  // namespace

Result<void> migrate(Database& database, const std::string& id) {
  LBX_TRY(database.run("BEGIN IMMEDIATE"));
  // An error leaves the transaction to the connection, which does not outlive it.
  const std::int64_t version = LBX_TRY(database.number("PRAGMA user_version"));
  const std::int64_t tables = LBX_TRY(database.number("SELECT count(*) FROM sqlite_schema"));
  if (version != 0 || tables != 0) LBX_TRY(refuse_foreign(database, version));
  if (version < kSchemaVersion) LBX_TRY(apply_migrations(database, version, id));
  return database.run("COMMIT");
}

Result<void> require_schema(Database& database) {
  const std::int64_t version = LBX_TRY(database.number("PRAGMA user_version"));
  LBX_TRY(refuse_foreign(database, version));
  if (version == kSchemaVersion) return {};
  return Error::later(
      "queue.db is of an older Letterbox; it is brought up to date when the queue "
      "is started");
}

std::vector<std::string> find_faults(Database& database, std::size_t limit) {
  std::vector<std::string> lines;
  const std::string pages = "PRAGMA quick_check(" + std::to_string(limit) + ")";
  append_lines(database, pages.c_str(), limit, lines);
  for (const char* each : kInvariants) append_lines(database, each, limit, lines);
  return lines;
}

}  // namespace lbx::queue::sqlite
