// SPDX-License-Identifier: MIT
// The tables of queue.db, and how an older file becomes one of today. letterbox-queue(5) is the
// description for others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "queue/store/sqlite_handle.h"

namespace lbx::queue::sqlite {

/// "LbxQ", where SQLite keeps whose file it is.
inline constexpr std::int64_t kApplication = 0x4c627851;
/// What `PRAGMA user_version` says of a file of today.
inline constexpr std::int64_t kSchemaVersion = 1;

/// The tables with messages in them, and with what must not happen twice, in the order in which
/// rows may be put in.
struct Table {
  const char* name;
  const char* key;  // a number, its first column
};
inline constexpr Table kTables[] = {
    {"message", "id"}, {"body", "message"}, {"recipient", "id"}, {"once", "id"}};

/// Makes the tables in an empty file, or brings those of an older Letterbox up to date, in one
/// transaction; a file of a newer one, or of another program, is an error. `id` names a new store.
Result<void> migrate(Database& database, const std::string& id);

/// The same for who only reads: an error for what is not of today.
Result<void> require_schema(Database& database);

/// What is wrong, a line each, at most `limit` of them: damaged pages, and what the tables cannot
/// forbid.
std::vector<std::string> find_faults(Database& database, std::size_t limit);

}  // namespace lbx::queue::sqlite
