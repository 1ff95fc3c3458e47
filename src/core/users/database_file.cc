// SPDX-License-Identifier: MIT
#include "core/users/database_file.h"

#include <fcntl.h>

#include <utility>
#include <vector>

#include "core/base/io.h"
#include "core/users/assignments.h"

namespace lbx::users {
namespace {

constexpr mode_t kMode = 0666;

Result<std::string> compiled(FileOps& files, const std::string& assign) {
  const UniqueFd file = LBX_TRY(files.open_at(AT_FDCWD, assign, O_RDONLY | O_NONBLOCK));
  const std::string text = LBX_TRY(read_whole(files, file.get(), kMaxAssignOctets, assign));
  const std::vector<Record> records = LBX_TRY(compile_assignments(text));
  return make_database(records);
}

Result<void> write_synced(FileOps& files, const std::string& path, const std::string& bytes) {
  UniqueFd file =
      LBX_TRY(files.open_at(AT_FDCWD, path, O_WRONLY | O_NONBLOCK | O_TRUNC | O_CREAT, kMode));
  LBX_TRY(write_all(files, file.get(), bytes));
  LBX_TRY(files.sync(file.get()));
  return files.close(std::move(file));
}

}  // namespace

Result<void> rebuild_database(FileOps& files, const std::string& mail_home) {
  const std::string users = mail_home + "/users";
  const std::string bytes = LBX_TRY(compiled(files, users + "/assign"));
  LBX_TRY(write_synced(files, users + "/cdb.tmp", bytes));
  LBX_TRY(files.rename_at(AT_FDCWD, users + "/cdb.tmp", AT_FDCWD, users + "/cdb"));
  return sync_directory(files, AT_FDCWD, users);
}

}  // namespace lbx::users
