// SPDX-License-Identifier: MIT
#include "core/users/assignments.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/base/ascii.h"

namespace lbx::users {
namespace {

constexpr std::size_t kFields = 6;  // user, uid, gid, home, dash, ext

Error bad_line(std::size_t number, const std::string& why) {
  return Error::later("users/assign, line " + std::to_string(number) + ": " + why);
}

/// The six fields behind the first colon, with a NUL for each colon between them.
std::optional<std::string> data_of(std::string_view fields) {
  std::string data;
  std::size_t colons = 0;
  for (const char c : fields) {
    if (c == ':' && ++colons == kFields) return data;
    data += c == ':' ? '\0' : c;
  }
  return std::nullopt;
}

Result<Record> compile_line(std::string_view line, std::size_t number) {
  if (line.find('\0') != std::string_view::npos) return bad_line(number, "there is a NUL in it");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return bad_line(number, "begins with neither =LOCAL: nor +PREFIX:");
  }
  std::string key = '!' + ascii::to_lower(line.substr(1, colon - 1));
  if (line.front() != '+') key += '\0';
  std::optional<std::string> data = data_of(line.substr(colon + 1));
  if (!data) return bad_line(number, "needs six fields, each with a colon behind it");
  return Record{std::move(key), *std::move(data)};
}

bool is_wildcard(const Record& record) {
  return !record.key.ends_with('\0');
}

/// A number as users/assign has it. None at all is 0, which nobody may deliver as.
template <typename Id>
std::optional<Id> id_of(std::string_view text) {
  if (text.empty()) return Id{0};
  const std::optional<std::uint64_t> number = ascii::parse_number(text);
  // The highest one means "no such id" to the kernel.
  if (!number || *number >= std::numeric_limits<Id>::max()) return std::nullopt;
  return static_cast<Id>(*number);
}

Result<Controller> controller_of(std::string_view data) {
  const std::vector<std::string_view> field = ascii::split(data, '\0');
  if (field.size() != kFields) return Error::later("users/cdb: a record without six fields");
  const std::optional<uid_t> uid = id_of<uid_t>(field[1]);
  const std::optional<gid_t> gid = id_of<gid_t>(field[2]);
  if (!uid || !gid) return Error::later("users/cdb: a user or group id that is no number");
  return Controller{{std::string{field[0]}, *uid, *gid, std::string{field[3]}},
                    std::string{field[4]},
                    std::string{field[5]}};
}

}  // namespace

Result<std::vector<Record>> compile_assignments(std::string_view text) {
  std::vector<Record> records;
  std::string index;
  for (std::size_t number = 1;; ++number) {
    if (text.starts_with('.')) break;  // what stands behind it does not count
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return bad_line(number, "the file must end in a line \".\"");
    records.push_back(LBX_TRY(compile_line(text.substr(0, end), number)));
    const Record& last = records.back();
    const char letter = last.key.back();
    if (is_wildcard(last) && last.key.size() > 1 && index.find(letter) == std::string::npos) {
      index += letter;
    }
    text.remove_prefix(end + 1);
  }
  records.push_back({"", std::move(index)});
  return records;
}

Assignments::Assignments(ConstantDatabase cdb, std::string index)
    : cdb_{std::move(cdb)}, index_{std::move(index)} {}

Result<Assignments> Assignments::from(std::string_view cdb) {
  ConstantDatabase opened = LBX_TRY(ConstantDatabase::from(cdb));
  const std::optional<std::string> index = LBX_TRY(opened.find(""));
  if (!index) return Error::later("users/cdb: no index of wildcards");
  // Files of other makers have capitals in it.
  return Assignments{std::move(opened), ascii::to_lower(*index)};
}

Result<std::optional<Assignment>> Assignments::wildcard(const std::string& prefix,
                                                        std::string_view rest) const {
  if (!prefix.empty() && !in_index(prefix.back())) return std::optional<Assignment>{};
  const std::optional<std::string> data = LBX_TRY(cdb_.find('!' + prefix));
  if (!data) return std::optional<Assignment>{};
  Controller who = LBX_TRY(controller_of(*data));
  who.ext += rest;
  return std::optional{Assignment{'+' + prefix, std::move(who)}};
}

Result<std::optional<Assignment>> Assignments::find(std::string_view local,
                                                    std::string_view delimiters) const {
  const std::string lower = ascii::to_lower(local);
  const std::optional<std::string> exact = LBX_TRY(cdb_.find('!' + lower + '\0'));
  if (exact) {
    Controller who = LBX_TRY(controller_of(*exact));
    return std::optional{Assignment{'=' + lower, std::move(who)}};
  }
  for (std::size_t size = lower.size();; --size) {
    std::string prefix = lower.substr(0, size);
    std::optional<Assignment> found = LBX_TRY(wildcard(prefix, local.substr(size)));
    if (found || size == 0) return found;
    if (delimiters.find(prefix.back()) == std::string_view::npos) continue;
    for (const char other : delimiters) {
      prefix.back() = other;
      found = LBX_TRY(wildcard(prefix, local.substr(size)));
      if (found) return found;
    }
  }
}

}  // namespace lbx::users
