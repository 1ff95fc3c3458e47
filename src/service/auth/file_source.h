// SPDX-License-Identifier: MIT
// The accounts of the account file. It is read again when it has changed; a change that cannot be
// read is an error for every login until it is mended.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/base/system.h"
#include "core/users/file_stamp.h"
#include "service/auth/account_file.h"
#include "service/auth/source.h"

namespace lbx::auth {

class FileSource final : public Source {
 public:
  FileSource(System& system, std::string path);

  /// Makes one hash whether or not there is such a user: the time tells nobody who exists.
  std::optional<Verdict> check(const Login& login) override;
  std::optional<Verdict> account(const std::string& name, const Client& client) override;
  Result<std::optional<ScramKeys>> scram_keys(const std::string& name) override;
  Result<std::string> scram_secret() override;

 private:
  using Snapshot = std::shared_ptr<const AccountFile>;
  Result<Snapshot> current();

  System& system_;
  std::string path_;
  std::string decoy_;
  std::mutex mutex_;
  users::FileStamp stamp_;
  Snapshot accounts_;
};

}  // namespace lbx::auth
