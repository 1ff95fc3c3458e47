// SPDX-License-Identifier: MIT
#include "queue/store/sqlite_handle.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

namespace lbx::queue::sqlite {
namespace {

int errno_of(sqlite3* database, int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return ENOSPC;
    case SQLITE_READONLY:
      return EROFS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return EUCLEAN;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return EAGAIN;
    case SQLITE_NOMEM:
      return ENOMEM;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR: {
      const int system = sqlite3_system_errno(database);
      return system == 0 ? EIO : system;
    }
    default:
      return 0;
  }
}

}  // namespace

Error error_of(sqlite3* database, const std::string& what) {
  const int code = sqlite3_extended_errcode(database);
  Error error = Error::later(what + ": " + sqlite3_errmsg(database) + " (SQLite " +
                             std::to_string(code) + ")");
  error.os_error = errno_of(database, code);
  return error;
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Rows::Rows(Rows&& other) noexcept
    : statement_{std::exchange(other.statement_, nullptr)}, failed_{other.failed_} {}

Rows::~Rows() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

Result<bool> Rows::next() {
  const int code = failed_ != SQLITE_OK ? failed_ : sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return error_of(sqlite3_db_handle(statement_), "queue.db");
}

std::int64_t Rows::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Rows::text(int column) const {
  const void* octets = sqlite3_column_blob(statement_, column);  // of texts too: as they are
  if (octets == nullptr) return {};
  return {static_cast<const char*>(octets),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<void> Statement::run_with(const Rows& row) {
  const int columns = sqlite3_column_count(row.get());
  int failed = SQLITE_OK;
  for (int i = 0; i < columns && failed == SQLITE_OK; ++i) {
    failed = sqlite3_bind_value(statement_.get(), i + 1, sqlite3_column_value(row.get(), i));
  }
  Rows rows{statement_.get(), failed};
  LBX_TRY(rows.next());
  return {};
}

int Statement::bind_number(int at, std::int64_t number) {
  return sqlite3_bind_int64(statement_.get(), at, number);
}

// A null pointer would bind NULL.
int Statement::bind_text(int at, std::string_view text) {
  return sqlite3_bind_text64(statement_.get(), at, text.empty() ? "" : text.data(), text.size(),
                             SQLITE_STATIC, SQLITE_UTF8);
}

int Statement::bind_blob(int at, std::string_view octets) {
  return sqlite3_bind_blob64(statement_.get(), at, octets.empty() ? "" : octets.data(),
                             octets.size(), SQLITE_STATIC);
}

int Statement::bind_null(int at) {
  return sqlite3_bind_null(statement_.get(), at);
}

Result<Database> Database::open(const std::string& path, Access access, int patience_ms,
                                const char* vfs) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= access == Access::Read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::Create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, vfs);
  Database database;
  database.database_.reset(raw);
  if (raw == nullptr) return Error::from_errno(ENOMEM, path);
  if (code != SQLITE_OK) return error_of(raw, path);
  sqlite3_busy_timeout(raw, patience_ms);
  return database;
}

Result<void> Database::run(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return error_of(database_.get(), "queue.db");
  }
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement{raw};
  if (code != SQLITE_OK) return error_of(database_.get(), "queue.db");
  return statement;
}

Result<std::int64_t> Database::number(std::string_view sql) {
  Statement statement = LBX_TRY(prepare(sql));
  return statement.number();
}

Result<std::string> Database::text(std::string_view sql) {
  Statement statement = LBX_TRY(prepare(sql));
  Rows rows = statement.start();
  if (!LBX_TRY(rows.next())) return std::string{};
  return std::string{rows.text(0)};
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(database_.get());
}

std::size_t Database::changed() const {
  return static_cast<std::size_t>(sqlite3_changes64(database_.get()));
}

std::int64_t Database::changes() const {
  return sqlite3_total_changes64(database_.get());
}

Result<void> Database::sync_log() {
  sqlite3_file* log = nullptr;
  const int found =
      sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (found != SQLITE_OK || log == nullptr || log->pMethods == nullptr) {
    return Error::later("queue.db has no log");
  }
  if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
    return Error::from_errno(EIO, "queue.db-wal");
  }
  return {};
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

}  // namespace lbx::queue::sqlite
