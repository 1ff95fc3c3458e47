// SPDX-License-Identifier: MIT
#include "service/login_file.h"

#include <crypt.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <memory>

#include "core/base/ascii.h"
#include "core/base/constant_time.h"
#include "core/base/digest.h"
#include "core/base/io.h"

namespace lbx {
namespace {

constexpr std::string_view kPlain = "{PLAIN}";

bool matches_hash(const std::string& hash, const std::string& password) {
  const auto work = std::make_unique<crypt_data>();  // 32 KiB: too much for a coroutine's thread
  const char* made = ::crypt_r(password.c_str(), hash.c_str(), work.get());
  return made != nullptr && *made != '*' && equal_in_constant_time(made, hash);
}

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
    Result<Account> account = parse_line(line, folder);
    if (!account || logins.find(account->user) != nullptr) {
      return Error::later("line " + std::to_string(number) + ": " +
                          (account ? "this user has a line already" : account.error().what));
    }
    const bool hashed = !account->password.starts_with(kPlain);
    if (hashed && logins.decoy_.empty()) logins.decoy_ = account->password;
    logins.accounts_.push_back(std::move(account).value());
  }
  return logins;
}

Result<LoginFile::Account> LoginFile::parse_line(std::string_view line, const std::string& folder) {
  line = ascii::trim_end(line);
  const std::size_t first = line.find(':');
  const std::size_t last = line.rfind(':');
  if (first == line.npos || first == last || first == 0 || last + 1 == line.size()) {
    return Error::later("not USER:PASSWORD:MAILDIR");
  }
  const std::string_view password = line.substr(first + 1, last - first - 1);
  if (password.empty() || password == kPlain) return Error::later("an empty password");
  // A word without '$' would pass for the salt of a DES hash, which nobody has these days.
  const bool hash = password.starts_with('$') &&
                    ::crypt_checksalt(std::string{password}.c_str()) != CRYPT_SALT_INVALID;
  if (!hash && !password.starts_with(kPlain)) {
    return Error::later("neither {PLAIN} nor a hash that crypt(3) knows");
  }
  std::string maildir{line.substr(last + 1)};
  if (!maildir.starts_with('/')) maildir = folder + '/' + maildir;
  return Account{std::string{line.substr(0, first)}, std::string{password}, std::move(maildir)};
}

const LoginFile::Account* LoginFile::find(const std::string& user) const {
  for (const Account& account : accounts_) {
    if (account.user == user) return &account;
  }
  return nullptr;
}

std::optional<std::string> LoginFile::check(const std::string& user,
                                            const std::string& password) const {
  const Account* account = find(user);
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

}  // namespace lbx
