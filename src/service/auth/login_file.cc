// SPDX-License-Identifier: MIT
#include "service/auth/login_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/ascii.h"
#include "core/base/constant_time.h"
#include "core/base/digest.h"
#include "core/base/io.h"
#include "service/auth/password_hash.h"

namespace lbx::auth {
namespace {

constexpr std::string_view kPlain = "{PLAIN}";

bool matches_plain(std::string_view stored, const std::string& password) {
  // Digests have one length; so the time does not tell that of the password.
  return equal_in_constant_time(sha256_hex(stored), sha256_hex(password));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash);
}

}  // namespace

Result<LoginFile> LoginFile::read(FileOps& files, const std::string& path) {
  const UniqueFd file = LBX_TRY(files.open_at(AT_FDCWD, path, O_RDONLY));
  const struct stat status = LBX_TRY(files.stat_fd(file.get()));
  if ((status.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
    return Error::later(path + ": others must not read or change it (chmod 600)");
  }
  const std::string text = LBX_TRY(read_whole(files, file.get(), kMaxLoginFile, path));
  Result<LoginFile> logins = parse(text, folder_of(path));
  if (!logins) return Error::later(path + ": " + logins.error().what);
  return logins;
}

Result<LoginFile> LoginFile::parse(std::string_view text, const std::string& folder) {
  LoginFile logins;
  std::size_t number = 0;
  for (const std::string_view line : ascii::split(text, '\n')) {
    ++number;
    if (ascii::trim(line).empty() || line.front() == '#') continue;
    Result<Login> account = parse_line(line, folder);
    if (!account || logins.find(account->user) != nullptr) {
      return Error::later("line " + std::to_string(number) + ": " +
                          (account ? "this user has a line already" : account.error().what));
    }
    const bool hashed = !account->password.starts_with(kPlain);
    if (hashed && logins.decoy_.empty()) logins.decoy_ = account->password;
    logins.logins_.push_back(std::move(account).value());
  }
  return logins;
}

Result<LoginFile::Login> LoginFile::parse_line(std::string_view line, const std::string& folder) {
  line = ascii::trim_end(line);
  const std::size_t first = line.find(':');
  const std::size_t last = line.rfind(':');
  if (first == line.npos || first == last || first == 0 || last + 1 == line.size()) {
    return Error::later("not USER:PASSWORD:MAILDIR");
  }
  const std::string_view password = line.substr(first + 1, last - first - 1);
  if (password.empty() || password == kPlain) return Error::later("an empty password");
  const bool hash = is_password_hash(std::string{password});
  if (!hash && !password.starts_with(kPlain)) {
    return Error::later("neither {PLAIN} nor a hash that crypt(3) knows");
  }
  std::string maildir{line.substr(last + 1)};
  if (!maildir.starts_with('/')) maildir = folder + '/' + maildir;
  return Login{std::string{line.substr(0, first)}, std::string{password}, std::move(maildir)};
}

const LoginFile::Login* LoginFile::find(const std::string& user) const {
  for (const Login& account : logins_) {
    if (account.user == user) return &account;
  }
  return nullptr;
}

std::optional<std::string> LoginFile::check(const std::string& user,
                                            const std::string& password) const {
  const Login* account = find(user);
  const bool hashed = account != nullptr && !account->password.starts_with(kPlain);
  // One hash is made in any case, if any account has one: time tells nobody who exists.
  const bool hash_matches =
      decoy_.empty() ? false : matches_hash(hashed ? account->password : decoy_, password);
  if (account == nullptr) return std::nullopt;
  const bool right =
      hashed ? hash_matches
             : matches_plain(std::string_view{account->password}.substr(kPlain.size()), password);
  if (!right) return std::nullopt;
  return account->maildir;
}

std::optional<std::string> LoginFile::maildir_of(const std::string& user) const {
  const Login* const login = find(user);
  if (login == nullptr) return std::nullopt;
  return login->maildir;
}

namespace {

Account account_of(const std::string& name, const std::string& maildir) {
  return {name, std::nullopt, folder_of(maildir), maildir, std::nullopt};
}

}  // namespace

std::optional<Verdict> LoginFileSource::check(const auth::Login& login) {
  const Result<LoginFile> logins = LoginFile::read(system_.files, path_);
  if (!logins) return Failure{FailureKind::Temporary, logins.error().what};
  const auto maildir = logins->check(login.raw_name, login.password.value_or(""));
  if (!maildir) return std::nullopt;
  return account_of(login.raw_name, *maildir);
}

std::optional<Verdict> LoginFileSource::account(const std::string& name, const Client& /*client*/) {
  const Result<LoginFile> logins = LoginFile::read(system_.files, path_);
  if (!logins) return Failure{FailureKind::Temporary, logins.error().what};
  const auto maildir = logins->maildir_of(name);
  if (!maildir) return std::nullopt;
  return account_of(name, *maildir);
}

Result<std::optional<ScramKeys>> LoginFileSource::scram_keys(const std::string& /*name*/) {
  return std::optional<ScramKeys>{};
}

Result<std::string> LoginFileSource::scram_secret() {
  return std::string{};
}

}  // namespace lbx::auth
