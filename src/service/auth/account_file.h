// SPDX-License-Identifier: MIT
// The account file, users/accounts of the mail home: letterbox-user(1). One account a line,
//
//   NAME:OWNER:HOME:MAILDIR:PASSWORD:SCRAM:QUOTA:FLAGS
//
// OWNER is `self` or UID/GID; MAILDIR lies below HOME unless it is absolute; PASSWORD is a hash of
// crypt(3); SCRAM is what scram_keys.h writes; QUOTA is a number of octets; FLAGS are `disabled`
// and `tls-only`, with a comma between. The last four may be empty. Empty lines and lines that
// begin with '#' are passed over.
//
// A text file and not a database: it is what an administrator can read, diff and copy to the other
// nodes of a mail system (DESIGN section 7), it is replaced as a whole and so is never half
// written, and a hundred thousand lines are read in the time of three password hashes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/file_ops.h"
#include "core/base/result.h"
#include "service/auth/account.h"
#include "service/auth/scram_keys.h"

namespace lbx::auth {

/// Octets of an account file, and of a home or Maildir in it, at most.
inline constexpr std::size_t kMaxAccountFile = std::size_t{256} * 1024 * 1024;
inline constexpr std::size_t kMaxPath = 4096;
inline constexpr std::string_view kAccountFile = "users/accounts";

/// A line of the file.
struct Record {
  std::string name;  // as prepare_name() makes it
  std::optional<Owner> owner;
  std::string home;     // absolute
  std::string maildir;  // as it stands in the file
  std::string password;
  std::optional<ScramKeys> scram;
  std::optional<std::uint64_t> quota;
  bool disabled{false};
  bool tls_only{false};
  bool operator==(const Record&) const = default;

  Account account() const;
};

/// Without its newline.
std::string to_line(const Record& record);
Result<Record> parse_record(std::string_view line);

class AccountFile {
 public:
  /// Refuses a file that others may read or change. A missing one has no accounts.
  static Result<AccountFile> read(FileOps& files, const std::string& path);
  /// An error names the line. A name that stands twice is one.
  static Result<AccountFile> parse(std::string_view text);

  const Record* find(const std::string& name) const;
  /// In the order of the file.
  const std::vector<Record>& records() const { return records_; }
  /// Whether anybody could log in with SCRAM.
  bool any_scram() const { return !scram_secret_.empty(); }
  /// For decoy_scram_keys(): the same as long as the first account with SCRAM keys keeps them.
  const std::string& scram_secret() const { return scram_secret_; }

 private:
  std::vector<Record> records_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::string scram_secret_;
};

/// `text` with the line of `name` replaced by `record`, or without it, or with `record` at its end
/// where there was no such line. All other lines stay as they are.
std::string edited(std::string_view text, std::string_view name,
                   const std::optional<Record>& record);

}  // namespace lbx::auth
