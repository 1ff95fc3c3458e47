// SPDX-License-Identifier: MIT
// Changing the account file: one editor at a time, by a lock on users/accounts.lock; the file is
// replaced as a whole, durably, with mode 0600, and keeps its owner where root edits it. Whoever
// reads it sees the old file or the new one.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"
#include "service/auth/account_file.h"

namespace lbx::auth {

/// How long to wait for another editor.
inline constexpr int kLockTries = 100;
inline constexpr int kLockPauseMs = 100;

class AccountEditor {
 public:
  /// Makes users/ below `mail_home` where it is missing, takes the lock and reads the file.
  static Result<AccountEditor> open(FileOps& files, const std::string& mail_home);

  const AccountFile& accounts() const { return accounts_; }
  /// Adds the account or replaces it.
  Result<void> put(const Record& record) { return write(record.name, record); }
  Result<void> remove(const std::string& name) { return write(name, std::nullopt); }

 private:
  AccountEditor(FileOps& files, std::string path, UniqueFd lock, std::string text,
                AccountFile accounts)
      : files_{&files},
        path_{std::move(path)},
        lock_{std::move(lock)},
        text_{std::move(text)},
        accounts_{std::move(accounts)} {}
  Result<void> write(const std::string& name, const std::optional<Record>& record);
  Result<void> keep_owner() const;

  FileOps* files_;
  std::string path_;
  UniqueFd lock_;
  std::string text_;
  AccountFile accounts_;
};

}  // namespace lbx::auth
