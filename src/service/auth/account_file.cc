// SPDX-License-Identifier: MIT
#include "service/auth/account_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "service/auth/password_hash.h"
#include "service/auth/prepare.h"

namespace lbx::auth {
namespace {

constexpr std::string_view kSelf = "self";
constexpr std::string_view kDisabled = "disabled";
constexpr std::string_view kTlsOnly = "tls-only";
constexpr std::size_t kFields = 8;

bool is_record(std::string_view line) {
  return !line.empty() && line.front() != '#';
}

Result<std::optional<Owner>> parse_owner(std::string_view text) {
  if (text == kSelf) return std::optional<Owner>{};
  const std::vector<std::string_view> ids = ascii::split(text, '/');
  const auto uid = ascii::parse_number(ids.front());
  const auto gid = ascii::parse_number(ids.back());
  // The highest number means "no user" to the kernel.
  constexpr auto kMost = std::numeric_limits<uid_t>::max() - 1;
  if (ids.size() != 2 || !uid || !gid || *uid > kMost || *gid > kMost) {
    return Error::later("the owner is neither self nor UID/GID");
  }
  if (*uid == 0) return Error::later("the owner must not be root");
  return std::optional{Owner{static_cast<uid_t>(*uid), static_cast<gid_t>(*gid)}};
}

Result<std::string> parse_path(std::string_view text, const std::string& what) {
  const bool printable = std::ranges::none_of(text, [](char c) { return c >= 0 && c < ' '; });
  if (text.empty() || text.size() > kMaxPath || !printable) return Error::later(what + " is wrong");
  return std::string{text};
}

Result<std::optional<std::uint64_t>> parse_quota(std::string_view text) {
  if (text.empty()) return std::optional<std::uint64_t>{};
  const auto octets = ascii::parse_number(text);
  if (!octets) return Error::later("the quota is not a number of octets");
  return octets;
}

std::string flags_of(const Record& record) {
  std::string flags{record.disabled ? kDisabled : ""};
  if (record.disabled && record.tls_only) flags += ',';
  return record.tls_only ? flags += kTlsOnly : flags;
}

Result<void> parse_flags(std::string_view text, Record& record) {
  if (text.empty()) return {};
  for (const std::string_view flag : ascii::split(text, ',')) {
    if (flag != kDisabled && flag != kTlsOnly) return Error::later("an unknown flag");
    (flag == kDisabled ? record.disabled : record.tls_only) = true;
  }
  return {};
}

/// The line that ends at the next newline, which `rest` loses with it.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

}  // namespace

Account Record::account() const {
  const bool absolute = maildir.starts_with('/');
  const std::string below = maildir.starts_with("./") ? maildir.substr(2) : maildir;
  return {name, owner, home, absolute ? maildir : home + '/' + below, quota, tls_only};
}

std::string to_line(const Record& record) {
  std::string line = record.name + ':';
  line += record.owner ? std::to_string(record.owner->uid) + '/' + std::to_string(record.owner->gid)
                       : std::string{kSelf};
  for (const std::string& each : {record.home, record.maildir, record.password}) line += ':' + each;
  line += ':' + (record.scram ? to_string(*record.scram) : "");
  line += ':' + (record.quota ? std::to_string(*record.quota) : "");
  return line += ':' + flags_of(record);
}

Result<Record> parse_record(std::string_view line) {
  const std::vector<std::string_view> fields = ascii::split(line, ':');
  if (fields.size() != kFields) return Error::later("must have 8 fields");
  const Result<std::string> name = prepare_name(fields[0], Prepare::Compare);
  if (!name || *name != fields[0]) {
    return Error::later("the name " + (name ? "should be written " + *name : name.error().what));
  }
  Record record;
  record.name = *name;
  record.owner = LBX_TRY(parse_owner(fields[1]));
  record.home = LBX_TRY(parse_path(fields[2], "the home"));
  record.maildir = LBX_TRY(parse_path(fields[3], "the Maildir"));
  if (!record.home.starts_with('/')) return Error::later("the home is not absolute");
  record.password = fields[4];
  if (!record.password.empty() && !is_password_hash(record.password)) {
    return Error::later("the password is no hash that crypt(3) knows");
  }
  if (!fields[5].empty()) record.scram = LBX_TRY(parse_scram_keys(fields[5]));
  record.quota = LBX_TRY(parse_quota(fields[6]));
  LBX_TRY(parse_flags(fields[7], record));
  return record;
}

Result<AccountFile> AccountFile::read(FileOps& files, const std::string& path) {
  const Result<UniqueFd> file = files.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  if (!file && file.error().os_error == ENOENT) return AccountFile{};
  if (!file) return file.error();
  const struct stat status = LBX_TRY(files.stat_fd(file->get()));
  if ((status.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
    return Error::later(path + ": others must not read or change it (chmod 600)");
  }
  std::string text = LBX_TRY(read_whole(files, file->get(), kMaxAccountFile, path));
  Result<AccountFile> accounts = parse(text);
  wipe(text);
  if (!accounts) return Error::later(path + ": " + accounts.error().what);
  return accounts;
}

Result<AccountFile> AccountFile::parse(std::string_view text) {
  AccountFile file;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (!is_record(line)) continue;
    Result<Record> record = parse_record(line);
    const std::string where = "line " + std::to_string(number) + ": ";
    if (!record) return Error::later(where + record.error().what);
    if (!file.by_name_.emplace(record->name, file.records_.size()).second) {
      return Error::later(where + "this name stands there already");
    }
    if (record->scram && file.scram_secret_.empty()) {
      file.scram_secret_ = record->scram->server_key;
    }
    file.records_.push_back(std::move(record).value());
  }
  return file;
}

const Record* AccountFile::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &records_[found->second];
}

std::string edited(std::string_view text, std::string_view name,
                   const std::optional<Record>& record) {
  std::string out;
  bool done = !record;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const bool its = is_record(line) && line.substr(0, line.find(':')) == name;
    if (its && record) out += to_line(*record) + '\n';
    if (its) done = true;
    if (!its) (out += line) += '\n';
  }
  if (!done) out += to_line(*record) + '\n';
  return out;
}

}  // namespace lbx::auth
