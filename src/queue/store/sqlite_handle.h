// SPDX-License-Identifier: MIT
// SQLite as the store needs it: a connection and its prepared statements with an owner each, every
// failure a value. An error is Retry::Later; its os_error tells a full disk (ENOSPC), a read-only
// one (EROFS), damage (EUCLEAN), and somebody else's lock (EAGAIN) apart. One thread at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lbx::queue::sqlite {

/// Octets that are no text.
struct Blob {
  std::string_view octets;
};

/// The rows of a running statement; ended, wherever it stood, with this object.
class Rows {
 public:
  explicit Rows(sqlite3_stmt* statement, int bound) : statement_{statement}, failed_{bound} {}
  Rows(Rows&& other) noexcept;
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  /// False behind the last row.
  Result<bool> next();
  std::int64_t number(int column) const;
  /// Valid until the next row.
  std::string_view text(int column) const;
  bool is_null(int column) const;

  /// For who copies rows between statements.
  sqlite3_stmt* get() const { return statement_; }

 private:
  sqlite3_stmt* statement_;
  int failed_;
};

class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_{statement} {}

  /// What is bound must live as long as the rows.
  template <typename... Values>
  Rows start(const Values&... values) {
    int at = 0;
    int failed = 0;
    (static_cast<void>(failed == 0 ? failed = bind(++at, values) : 0), ...);
    return Rows{statement_.get(), failed};
  }
  /// To its end; for what has no rows.
  template <typename... Values>
  Result<void> run(const Values&... values) {
    Rows rows = start(values...);
    LBX_TRY(rows.next());
    return {};
  }
  /// With the columns of a row as its values.
  Result<void> run_with(const Rows& row);
  /// The first column of the first row; 0 where there is none.
  template <typename... Values>
  Result<std::int64_t> number(const Values&... values) {
    Rows rows = start(values...);
    if (!LBX_TRY(rows.next())) return std::int64_t{0};
    return rows.number(0);
  }

  sqlite3_stmt* get() const { return statement_.get(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  template <std::integral Number>
  int bind(int at, Number number) {
    return bind_number(at, static_cast<std::int64_t>(number));
  }
  int bind(int at, std::string_view text) { return bind_text(at, text); }
  int bind(int at, Blob blob) { return bind_blob(at, blob.octets); }
  int bind(int at, std::nullptr_t) { return bind_null(at); }
  int bind_number(int at, std::int64_t number);
  int bind_text(int at, std::string_view text);
  int bind_blob(int at, std::string_view octets);
  int bind_null(int at);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  enum class Access { Read, Write, Create };

  /// `path` in the name space of `vfs`: nullptr for the usual one. Waits up to `patience_ms`
  /// wherever another process holds a lock.
  static Result<Database> open(const std::string& path, Access access, int patience_ms,
                               const char* vfs = nullptr);

  /// One or more statements without rows to look at.
  Result<void> run(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row.
  Result<std::int64_t> number(std::string_view sql);
  Result<std::string> text(std::string_view sql);
  std::int64_t last_row() const;
  /// Rows that the last statement changed.
  std::size_t changed() const;
  /// Rows that were changed since the connection was opened.
  std::int64_t changes() const;
  bool in_transaction() const;
  /// On the disk with all that was committed to the log.
  Result<void> sync_log();

  sqlite3* get() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  std::unique_ptr<sqlite3, Close> database_;
};

/// What SQLite says went wrong last on a connection.
Error error_of(sqlite3* database, const std::string& what);

}  // namespace lbx::queue::sqlite
