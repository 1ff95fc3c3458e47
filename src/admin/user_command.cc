// SPDX-License-Identifier: MIT
#include "admin/user_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "admin/commands.h"
#include "admin/password_input.h"
#include "core/base/ascii.h"
#include "core/base/mail_home.h"
#include "core/maildir/maildir.h"
#include "core/users/accounts.h"
#include "service/auth/account_editor.h"
#include "service/auth/password_hash.h"
#include "service/auth/prepare.h"
#include "service/command_line.h"

namespace lbx::admin {
namespace {

using auth::AccountEditor;
using auth::Record;

Result<std::string> name_of(const std::string& text) {
  Result<std::string> name = auth::prepare_name(text, auth::Prepare::Store);
  if (!name) return Error::never("the name " + text + ' ' + name.error().what);
  return name;
}

Result<std::optional<auth::Owner>> owner_of(const std::string& text) {
  if (text == "self") return std::optional<auth::Owner>{};
  const std::vector<std::string_view> ids = ascii::split(text, '/');
  const auto uid = ascii::parse_number(ids.front());
  const auto gid = ascii::parse_number(ids.back());
  if (ids.size() == 2 && uid && gid) {
    return std::optional{auth::Owner{static_cast<uid_t>(*uid), static_cast<gid_t>(*gid)}};
  }
  users::SystemAccounts accounts;
  const std::optional<users::Account> user = LBX_TRY(accounts.by_name(text));
  if (!user) return Error::never("there is no user " + text);
  return std::optional{auth::Owner{user->uid, user->gid}};
}

/// 16 octets from the system: bits64() is documented to be unguessable.
std::string new_salt(Randomness& randomness) {
  std::string salt;
  while (salt.size() < auth::kScramSalt) {
    std::uint64_t bits = randomness.bits64();
    for (int i = 0; i < 8; ++i, bits >>= 8) salt += static_cast<char>(bits & 0xFF);
  }
  return salt;
}

Result<void> put_password(System& system, Record& record, const std::string& password) {
  std::string prepared = LBX_TRY([&]() -> Result<std::string> {
    Result<std::string> made = auth::prepare_password(password, auth::Prepare::Store);
    if (!made) return Error::never("the password " + made.error().what);
    return made;
  }());
  record.password = LBX_TRY(auth::hash_password(prepared));
  record.scram = LBX_TRY(auth::derive_scram_keys(prepared, new_salt(system.randomness)));
  auth::wipe(prepared);
  return {};
}

/// Makes the directories of `path` that are missing.
Result<void> make_directories(FileOps& files, const std::string& path) {
  for (std::size_t at = 1; at != std::string::npos;) {
    at = path.find('/', at + 1);
    const Result<void> made = files.make_directory(AT_FDCWD, path.substr(0, at), 0700);
    if (!made && made.error().os_error != EEXIST) return made.error();
  }
  return {};
}

/// In single-user mode all mail is ours, so home and Maildir can be made here. Those of other users
/// are theirs to make.
Result<void> make_mailbox(System& system, const Record& record) {
  if (record.owner) return {};
  std::string maildir = record.account().maildir;
  while (maildir.ends_with('/')) maildir.pop_back();
  if (system.files.stat_at(AT_FDCWD, maildir)) return {};
  LBX_TRY(make_directories(system.files, maildir.substr(0, maildir.rfind('/'))));
  return create_maildir(system, AT_FDCWD, maildir);
}

Result<Record> existing(const AccountEditor& editor, const std::string& name) {
  const Record* const found = editor.accounts().find(name);
  if (found == nullptr) return Error::never("there is no account " + name);
  return *found;
}

Result<std::string> maildir_of(const std::string& text) {
  if (text.starts_with('/')) return text;
  for (const std::string_view part : ascii::split(text, '/')) {
    if (part == "..") return Error::never("--maildir " + text + " does not lie below the home");
  }
  return text;
}

}  // namespace

Result<Record> add_user(System& system, const std::string& mail_home, const std::string& name,
                        const NewUser& what, const std::string& password) {
  Record record;
  record.name = LBX_TRY(name_of(name));
  record.owner = LBX_TRY(owner_of(what.owner));
  record.home = what.home.empty() ? mail_home + "/mail/" + record.name : what.home;
  record.maildir = LBX_TRY(maildir_of(what.maildir));
  record.quota = what.quota;
  record.disabled = what.disabled;
  record.tls_only = what.tls_only;
  // Before anything is made: whether it can stand in the file at all.
  static_cast<void>(LBX_TRY(auth::parse_record(to_line(record))));
  if (!password.empty()) LBX_TRY(put_password(system, record, password));
  AccountEditor editor = LBX_TRY(AccountEditor::open(system.files, mail_home));
  if (editor.accounts().find(record.name) != nullptr) {
    return Error::never("there is an account " + record.name + " already");
  }
  LBX_TRY(make_mailbox(system, record));
  LBX_TRY(editor.put(record));
  return record;
}

Result<void> set_password(System& system, const std::string& mail_home, const std::string& name,
                          const std::string& password) {
  const std::string prepared = LBX_TRY(name_of(name));
  AccountEditor editor = LBX_TRY(AccountEditor::open(system.files, mail_home));
  Record record = LBX_TRY(existing(editor, prepared));
  LBX_TRY(put_password(system, record, password));
  return editor.put(record);
}

namespace {

Result<void> set_flag(System& system, const std::string& mail_home, const std::string& name,
                      bool Record::*flag, bool value) {
  const std::string prepared = LBX_TRY(name_of(name));
  AccountEditor editor = LBX_TRY(AccountEditor::open(system.files, mail_home));
  Record record = LBX_TRY(existing(editor, prepared));
  record.*flag = value;
  return editor.put(record);
}

}  // namespace

Result<void> set_disabled(System& system, const std::string& mail_home, const std::string& name,
                          bool disabled) {
  return set_flag(system, mail_home, name, &Record::disabled, disabled);
}

Result<void> set_tls_only(System& system, const std::string& mail_home, const std::string& name,
                          bool tls_only) {
  return set_flag(system, mail_home, name, &Record::tls_only, tls_only);
}

Result<void> remove_user(System& system, const std::string& mail_home, const std::string& name) {
  const std::string prepared = LBX_TRY(name_of(name));
  AccountEditor editor = LBX_TRY(AccountEditor::open(system.files, mail_home));
  static_cast<void>(LBX_TRY(existing(editor, prepared)));
  return editor.remove(prepared);
}

namespace {

std::string owner_text(const Record& record) {
  if (!record.owner) return "self";
  return std::to_string(record.owner->uid) + '/' + std::to_string(record.owner->gid);
}

std::string to_text(const Record& record) {
  std::string line = record.name + "  " + owner_text(record) + "  " + record.account().maildir;
  if (record.quota) line += "  quota=" + std::to_string(*record.quota);
  if (record.password.empty()) line += "  no-password";
  if (record.disabled) line += "  disabled";
  if (record.tls_only) line += "  tls-only";
  return line + '\n';
}

std::string to_json(const std::vector<Record>& records) {
  using Json = nlohmann::ordered_json;
  Json all = Json::array();
  for (const Record& record : records) {
    Json each{{"name", record.name},
              {"owner", owner_text(record)},
              {"home", record.home},
              {"maildir", record.account().maildir},
              {"password", !record.password.empty()},
              {"scram", record.scram.has_value()},
              {"disabled", record.disabled},
              {"tls_only", record.tls_only}};
    if (record.quota) each["quota"] = *record.quota;
    all.push_back(std::move(each));
  }
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

/// What is the same for all that are about one account.
Result<std::optional<int>> parse_one(CLI::App& app, std::string& name, int argc, char** argv) {
  app.add_option("name", name, "the login name")->required();
  return parse_command_line(app, argc, argv);
}

Result<std::optional<std::uint64_t>> quota_of(const std::string& text) {
  if (text.empty()) return std::optional<std::uint64_t>{};
  const std::optional<std::uint64_t> octets = ascii::parse_number(text);
  if (!octets) return Error::never("--quota " + text + " is no number of octets");
  return octets;
}

Result<int> add(System& system, int argc, char** argv) {
  std::string name;
  NewUser what;
  std::string quota;
  bool no_password = false;
  CLI::App app{"Add an account; the password is asked for.", "letterbox user add"};
  app.add_option("--owner", what.owner, "self, a user of the system, or UID/GID");
  app.add_option("--home", what.home, "home directory; mail/NAME of the mail home");
  app.add_option("--maildir", what.maildir, "below the home, or absolute")->capture_default_str();
  app.add_option("--quota", quota, "octets");
  app.add_flag("--disabled", what.disabled, "nobody can log in yet");
  app.add_flag("--tls-only", what.tls_only, "no login without TLS");
  app.add_flag("--no-password", no_password, "for certificates and tokens only");
  const std::optional<int> ended = LBX_TRY(parse_one(app, name, argc, argv));
  if (ended) return *ended;
  what.quota = LBX_TRY(quota_of(quota));
  std::string password;
  if (!no_password) {
    password = LBX_TRY(ask_password(system.files, STDIN_FILENO, name));
    if (password.empty()) return Error::never("the password is empty");
  }
  const Result<Record> added =
      add_user(system, mail_home(system.environment), name, what, password);
  auth::wipe(password);
  if (!added) return added.error();
  print(to_text(*added));
  return 0;
}

Result<int> passwd(System& system, int argc, char** argv) {
  std::string name;
  CLI::App app{"Give an account a new password.", "letterbox user passwd"};
  const std::optional<int> ended = LBX_TRY(parse_one(app, name, argc, argv));
  if (ended) return *ended;
  std::string password = LBX_TRY(ask_password(system.files, STDIN_FILENO, name));
  const Result<void> set = set_password(system, mail_home(system.environment), name, password);
  auth::wipe(password);
  if (!set) return set.error();
  return 0;
}

Result<int> list(System& system, int argc, char** argv) {
  bool json = false;
  CLI::App app{"List the accounts.", "letterbox user list"};
  app.add_flag("--json", json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  const auth::AccountFile accounts = LBX_TRY(auth::AccountFile::read(
      system.files, mail_home(system.environment) + '/' + std::string{auth::kAccountFile}));
  std::string text;
  for (const Record& each : accounts.records()) text += to_text(each);
  print(json ? to_json(accounts.records()) : text);
  return 0;
}

/// The commands that take a name and nothing else.
Result<int> change(System& system, int argc, char** argv, const char* what,
                   Result<void> (*make)(System&, const std::string&, const std::string&)) {
  std::string name;
  CLI::App app{what, std::string{"letterbox user "} + argv[0]};
  const std::optional<int> ended = LBX_TRY(parse_one(app, name, argc, argv));
  if (ended) return *ended;
  LBX_TRY(make(system, mail_home(system.environment), name));
  return 0;
}

Result<int> disable(System& system, int argc, char** argv) {
  return change(system, argc, argv, "Let nobody log in to an account.",
                [](System& with, const std::string& home, const std::string& name) {
                  return set_disabled(with, home, name, true);
                });
}

Result<int> enable(System& system, int argc, char** argv) {
  return change(system, argc, argv, "Take a disabling back.",
                [](System& with, const std::string& home, const std::string& name) {
                  return set_disabled(with, home, name, false);
                });
}

Result<int> tls_only(System& system, int argc, char** argv) {
  return change(system, argc, argv, "Let nobody log in to an account without TLS.",
                [](System& with, const std::string& home, const std::string& name) {
                  return set_tls_only(with, home, name, true);
                });
}

Result<int> tls_optional(System& system, int argc, char** argv) {
  return change(system, argc, argv, "Let logins to an account be as the site has it.",
                [](System& with, const std::string& home, const std::string& name) {
                  return set_tls_only(with, home, name, false);
                });
}

Result<int> remove(System& system, int argc, char** argv) {
  return change(system, argc, argv, "Remove an account; its mail stays.", &remove_user);
}

struct UserVerb {
  std::string_view name;
  Result<int> (*run)(System&, int, char**);
};

constexpr std::array kUserVerbs{
    UserVerb{"add", &add},           UserVerb{"disable", &disable},
    UserVerb{"enable", &enable},     UserVerb{"list", &list},
    UserVerb{"passwd", &passwd},     UserVerb{"remove", &remove},
    UserVerb{"tls-only", &tls_only}, UserVerb{"tls-optional", &tls_optional},
};
static_assert(std::ranges::is_sorted(kUserVerbs, {}, &UserVerb::name), "keep the rows in order");

}  // namespace

Result<int> user_command(System& system, int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  const auto* const found = std::ranges::find(kUserVerbs, word, &UserVerb::name);
  if (found != kUserVerbs.end()) return found->run(system, argc - 1, argv + 1);
  std::string known;
  for (const UserVerb& each : kUserVerbs) (known += ' ') += each.name;
  const std::string usage = "letterbox user takes one of:" + known;
  if (word != "--help" && word != "-h") return Error::never(usage);
  print(usage + "; see also letterbox-user(1).\n");
  return 0;
}

}  // namespace lbx::admin
