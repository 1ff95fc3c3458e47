// SPDX-License-Identifier: MIT
#include "core/users/own_account.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "core/base/ascii.h"
#include "core/base/supervised.h"

namespace lbx::users {
namespace {

constexpr const char* kGetent = "/usr/bin/getent";
constexpr int kNotFound = 2;
constexpr std::chrono::seconds kPatience{60};

std::optional<uid_t> parse_id(std::string_view text) {
  const std::optional<std::uint64_t> number = ascii::parse_number(text);
  if (!number || *number > std::numeric_limits<uid_t>::max()) return std::nullopt;
  return static_cast<uid_t>(*number);
}

}  // namespace

std::optional<Account> parse_passwd_line(std::string_view line) {
  static constexpr std::size_t kFields = 7;
  if (line.ends_with('\n')) line.remove_suffix(1);
  const std::vector<std::string_view> fields = ascii::split(line, ':');
  if (fields.size() != kFields || fields[0].empty()) return std::nullopt;
  const std::optional<uid_t> uid = parse_id(fields[2]);
  const std::optional<gid_t> gid = parse_id(fields[3]);
  if (!uid || !gid) return std::nullopt;
  return Account{std::string{fields[0]}, *uid, *gid, std::string{fields[5]}};
}

Result<std::optional<Account>> account_of_uid(System& system, uid_t uid) {
  std::string said;
  Command command{{kGetent, "passwd", std::to_string(uid)}, {{"LC_ALL", "C"}}};
  const Supervised ran = LBX_TRY(
      run_supervised(system.files, std::move(command), kPatience, [&](std::string_view bytes) {
        said += bytes.substr(0, std::min(bytes.size(), kMaxPasswdLine - said.size()));
      }));
  const bool ended = !ran.timed_out && !ran.status.crashed;
  if (ended && ran.status.code == kNotFound) return std::optional<Account>{};
  std::optional<Account> account = parse_passwd_line(said.substr(0, said.find('\n')));
  if (!ended || ran.status.code != 0 || !account || account->uid != uid) {
    return Error::later("getent cannot tell the account of uid " + std::to_string(uid));
  }
  return account;
}

}  // namespace lbx::users
