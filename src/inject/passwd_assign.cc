// SPDX-License-Identifier: MIT
#include "inject/passwd_assign.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/control/control_directory.h"

namespace lbx::inject {
namespace {

struct PasswdEntry {
  std::string name;
  std::string uid;  // as they stand there: leading zeros stay
  std::string gid;
  std::string home;
};

std::optional<PasswdEntry> entry_of(std::string_view line) {
  static constexpr std::size_t kLeastFields = 7;  // name, password, uid, gid, gecos, home, shell
  if (line.find('\0') != std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> field = ascii::split(line, ':');
  if (field.size() < kLeastFields) return std::nullopt;
  const std::optional<std::uint64_t> uid = ascii::parse_number(field[2]);
  if (!uid || *uid == 0 || !ascii::parse_number(field[3])) return std::nullopt;
  return PasswdEntry{std::string{field[0]}, std::string{field[2]}, std::string{field[3]},
                     std::string{field[5]}};
}

/// Lists are asked without regard to case.
std::unordered_set<std::string> names_in(const std::string& text) {
  std::unordered_set<std::string> out;
  for (const std::string& line : control::list_lines(text)) out.insert(ascii::to_lower(line));
  return out;
}

/// account -> the names that mail reaches it by; the last line of an account counts.
std::unordered_map<std::string, std::vector<std::string>> mail_names_in(const std::string& text) {
  std::unordered_map<std::string, std::vector<std::string>> out;
  for (const std::string& line : control::list_lines(text)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::vector<std::string>& names = out[ascii::to_lower(line.substr(0, colon))];
    names.clear();
    for (const std::string_view name :
         ascii::split(std::string_view{line}.substr(colon + 1), ':')) {
      if (!name.empty()) names.emplace_back(name);
    }
  }
  return out;
}

class Compiler {
 public:
  Compiler(FileOps& files, const PasswdRules& rules, const PasswdLists& lists)
      : files_{files}, rules_{rules} {
    if (lists.include) include_ = names_in(*lists.include);
    exclude_ = names_in(lists.exclude.value_or(""));
    mail_names_ = mail_names_in(lists.mailnames.value_or(""));
  }

  Result<void> add(const PasswdEntry& entry);
  Result<void> add_subuser(std::string_view line);
  bool has_alias() const { return accounts_.contains(ascii::to_lower(rules_.alias_user)); }
  std::string text() && { return std::move(text_); }

 private:
  Result<bool> counts(const PasswdEntry& entry) const;
  Result<bool> has_home(const PasswdEntry& entry) const;
  void write(const std::string& key, const PasswdEntry& entry, const std::string& dash,
             const std::string& ext);

  FileOps& files_;
  const PasswdRules& rules_;
  std::optional<std::unordered_set<std::string>> include_;
  std::unordered_set<std::string> exclude_;
  std::unordered_map<std::string, std::vector<std::string>> mail_names_;
  std::unordered_map<std::string, PasswdEntry> accounts_;  // those that count
  std::string text_;
};

Result<bool> Compiler::has_home(const PasswdEntry& entry) const {
  if (rules_.homes == HomeRule::Ignore) return true;
  const Result<struct stat> home = files_.stat_at(AT_FDCWD, entry.home);
  if (home) return std::to_string(home->st_uid) == std::to_string(*ascii::parse_number(entry.uid));
  const bool missing = home.error().os_error == ENOENT;
  if (missing && rules_.homes == HomeRule::Owned) return false;
  return Error::later("the home of " + entry.name + ": " + home.error().what);
}

Result<bool> Compiler::counts(const PasswdEntry& entry) const {
  const std::string name = ascii::to_lower(entry.name);
  if (!rules_.upper_case && name != entry.name) return false;
  if (exclude_.contains(name) || (include_ && !include_->contains(name))) return false;
  return has_home(entry);
}

void Compiler::write(const std::string& key, const PasswdEntry& entry, const std::string& dash,
                     const std::string& ext) {
  for (const std::string& each : {key, entry.name, entry.uid, entry.gid, entry.home, dash, ext}) {
    text_ += each + ':';
  }
  text_ += '\n';
}

Result<void> Compiler::add(const PasswdEntry& entry) {
  const bool wanted = LBX_TRY(counts(entry));
  if (!wanted) return {};
  accounts_.insert_or_assign(ascii::to_lower(entry.name), entry);
  if (entry.name == rules_.alias_user) write("+", entry, rules_.dash, "");

  const auto listed = mail_names_.find(ascii::to_lower(entry.name));
  const std::vector<std::string> names =
      listed == mail_names_.end() ? std::vector{entry.name} : listed->second;
  for (const std::string& name : names) {
    write('=' + name, entry, "", "");
    if (rules_.break_character) write('+' + name + *rules_.break_character, entry, rules_.dash, "");
  }
  return {};
}

/// "sub:user:pre:"; other lines do not count.
Result<void> Compiler::add_subuser(std::string_view line) {
  const std::vector<std::string_view> field = ascii::split(line, ':');
  if (field.size() < 4) return {};
  const std::string name{field[0]};
  const std::string pre{field[2]};
  const auto owner = accounts_.find(ascii::to_lower(field[1]));
  if (owner == accounts_.end()) {
    return Error::later("users/subusers: there is no user " + std::string{field[1]} + " for " +
                        name);
  }
  write('=' + name, owner->second, rules_.dash, pre);
  if (!rules_.break_character) return {};
  write('+' + name + *rules_.break_character, owner->second, rules_.dash, pre + '-');
  return {};
}

Result<std::optional<std::string>> read_optional(FileOps& files, const std::string& path) {
  const Result<UniqueFd> file = files.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  if (!file && file.error().os_error == ENOENT) return std::optional<std::string>{};
  if (!file) return file.error();
  std::string text = LBX_TRY(read_whole(files, file->get(), kMaxPasswdOctets, path));
  return std::optional{std::move(text)};
}

}  // namespace

Result<PasswdLists> read_passwd_lists(FileOps& files, const std::string& mail_home) {
  const std::string users = mail_home + "/users/";
  PasswdLists lists;
  lists.include = LBX_TRY(read_optional(files, users + "include"));
  lists.exclude = LBX_TRY(read_optional(files, users + "exclude"));
  lists.mailnames = LBX_TRY(read_optional(files, users + "mailnames"));
  lists.subusers = LBX_TRY(read_optional(files, users + "subusers"));
  lists.append = LBX_TRY(read_optional(files, users + "append"));
  return lists;
}

Result<std::string> assignments_of(FileOps& files, std::string_view passwd,
                                   const PasswdRules& rules, const PasswdLists& lists) {
  Compiler compiler{files, rules, lists};
  for (const std::string_view line : ascii::split(passwd, '\n')) {
    const std::optional<PasswdEntry> entry = entry_of(line);
    if (entry) LBX_TRY(compiler.add(*entry));
  }
  if (!compiler.has_alias()) return Error::later("there is no user " + rules.alias_user);
  const std::string subusers = lists.subusers.value_or("");
  for (const std::string_view line : ascii::split(subusers, '\n')) {
    LBX_TRY(compiler.add_subuser(line));
  }
  std::string text = std::move(compiler).text() + lists.append.value_or("");
  if (!text.ends_with('\n')) text += '\n';
  return text + ".\n";
}

}  // namespace lbx::inject
