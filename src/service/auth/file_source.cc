// SPDX-License-Identifier: MIT
#include "service/auth/file_source.h"

#include "service/auth/password_hash.h"

namespace lbx::auth {
namespace {

/// A hash of nobody's password. As it is always the same, no random bits are wasted on it.
constexpr const char* kDecoy =
    "$y$j9T$Fkgc1PxgJXvZmxSmSiBLP.$Ky5IFp0L6zni4lNLSxp/Wt1ScohRlS4KQ4cXf1NzYl/";

/// That of somebody, if there is one: it costs what theirs cost.
const std::string& decoy_for(const AccountFile& accounts, const std::string& otherwise) {
  for (const Record& each : accounts.records()) {
    if (!each.password.empty()) return each.password;
  }
  return otherwise;
}

Failure refused(const char* why) {
  return {FailureKind::Credentials, why};
}

}  // namespace

FileSource::FileSource(System& system, std::string path)
    : system_{system}, path_{std::move(path)}, decoy_{kDecoy} {}

std::optional<Verdict> FileSource::check(const Login& login) {
  const Result<Snapshot> accounts = current();
  if (!accounts) return Failure{FailureKind::Temporary, accounts.error().what};
  const Record* const record = login.name ? (*accounts)->find(*login.name) : nullptr;
  const bool can_match = record != nullptr && login.password && !record->password.empty();
  const std::string& hash = can_match ? record->password : decoy_for(**accounts, decoy_);
  const bool matches = matches_hash(hash, login.password.value_or("x"));
  if (record == nullptr) return std::nullopt;
  if (!can_match || !matches) return refused("wrong password");
  if (record->disabled) return refused("disabled");
  return record->account();
}

std::optional<Verdict> FileSource::account(const std::string& name, const Client& /*client*/) {
  const Result<Snapshot> accounts = current();
  if (!accounts) return Failure{FailureKind::Temporary, accounts.error().what};
  const Record* const record = (*accounts)->find(name);
  if (record == nullptr) return std::nullopt;
  if (record->disabled) return refused("disabled");
  return record->account();
}

Result<std::optional<ScramKeys>> FileSource::scram_keys(const std::string& name) {
  const Snapshot accounts = LBX_TRY(current());
  const Record* const record = accounts->find(name);
  if (record == nullptr || record->disabled) return std::optional<ScramKeys>{};
  return record->scram;
}

Result<std::string> FileSource::scram_secret() {
  const Snapshot accounts = LBX_TRY(current());
  return accounts->scram_secret();
}

Result<FileSource::Snapshot> FileSource::current() {
  const std::lock_guard lock{mutex_};
  const users::FileStamp stamp = LBX_TRY(users::stamp_of(system_.files, path_));
  // A file that has just changed may change again without showing it.
  const bool known = accounts_ && stamp == stamp_ && stamp.settled(system_.clock.now());
  if (known) return accounts_;
  AccountFile accounts = LBX_TRY(AccountFile::read(system_.files, path_));
  accounts_ = std::make_shared<const AccountFile>(std::move(accounts));
  stamp_ = stamp;
  return accounts_;
}

}  // namespace lbx::auth
