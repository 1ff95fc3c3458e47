// SPDX-License-Identifier: MIT
// A file of logins for a server in single-user mode: letterbox-pop3d(8), which is a source of
// accounts of its own, without letterbox-authd. One account a line,
//
//   USER:PASSWORD:MAILDIR
//
// where PASSWORD is what crypt(3) made ($METHOD$...), or {PLAIN} and the password itself, which may
// hold colons; a Maildir that is not absolute lies below the folder of the file. Empty lines and
// lines that begin with '#' are passed over. Where others than owner and group could read or change
// the file, it is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_ops.h"
#include "core/base/result.h"
#include "core/base/system.h"
#include "service/auth/source.h"

namespace lbx::auth {

/// Octets of a login file at most.
inline constexpr std::size_t kMaxLoginFile = std::size_t{1024} * 1024;

class LoginFile {
 public:
  static Result<LoginFile> read(FileOps& files, const std::string& path);
  /// `folder` is where relative Maildirs lie.
  static Result<LoginFile> parse(std::string_view text, const std::string& folder);

  /// The Maildir of whoever knows the password. Takes as long for a user that there is not.
  std::optional<std::string> check(const std::string& user, const std::string& password) const;
  /// The Maildir of a user, without a question.
  std::optional<std::string> maildir_of(const std::string& user) const;

 private:
  struct Login {
    std::string user;
    std::string password;
    std::string maildir;
  };
  static Result<Login> parse_line(std::string_view line, const std::string& folder);
  const Login* find(const std::string& user) const;

  std::vector<Login> logins_;
  std::string decoy_;  // a hash to work on where an account has none; empty: the file has none
};

/// Reads the file anew for each login, so that a change of it holds at once.
class LoginFileSource final : public Source {
 public:
  LoginFileSource(System& system, std::string path) : system_{system}, path_{std::move(path)} {}

  std::optional<Verdict> check(const auth::Login& login) override;
  std::optional<Verdict> account(const std::string& name, const Client& client) override;
  Result<std::optional<ScramKeys>> scram_keys(const std::string& name) override;
  Result<std::string> scram_secret() override;

 private:
  System& system_;
  std::string path_;
};

}  // namespace lbx::auth
