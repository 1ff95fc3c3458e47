// SPDX-License-Identifier: MIT
#include "admin/check.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "admin/forward_graph.h"
#include "admin/user_rights.h"
#include "core/base/io.h"
#include "core/control/settings.h"
#include "core/users/assignments.h"
#include "deliver/foresee.h"

namespace lbx::admin {
namespace {

/// One path of a `.qmail` file, below a home or below its directory .qmail-.
struct QmailFile {
  std::string name;  // relative to the home
  std::string path;
};

/// The first word of a command, where it is a path that the shell takes as it stands; else nothing.
std::string program_of(const std::string& command) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@%:,";
  const std::size_t begin = std::min(command.find_first_not_of(" \t"), command.size());
  const std::size_t end = std::min(command.find_first_of(" \t", begin), command.size());
  const std::string word = command.substr(begin, end - begin);
  const bool path = word.find('/') != std::string::npos;
  return path && word.find_first_not_of(kPlain) == std::string::npos ? word : "";
}

class Checker {
 public:
  Checker(const Site& site, std::string default_delivery)
      : site_{site}, files_{site.system.files}, graph_{site, std::move(default_delivery)} {}

  void add_account(const users::Account& account);
  void check_assignments();
  CheckReport finish() &&;

 private:
  void found(Finding finding);
  deliver::Home enter(const users::Account& account) const;
  void check_home(const users::Account& account);
  std::vector<QmailFile> files_of(const users::Account& account, int home);
  void check_file(const users::Account& account, int home, const QmailFile& file);
  void check_lines(const users::Account& account, int home, const QmailFile& file,
                   const std::string& text, mode_t mode);
  void check_step(const dotqmail::Step& step, int home, const deliver::Plan& plan, Finding at);
  void check_program(const std::string& command, int home, Finding at);
  void report_forwards();

  const Site& site_;
  FileOps& files_;
  ForwardGraph graph_;
  std::set<std::string> homes_;
  CheckReport report_;
  bool cut_{false};
};

void Checker::found(Finding finding) {
  if (report_.findings.size() >= kMaxFindings) {
    cut_ = true;
    return;
  }
  report_.findings.push_back(std::move(finding));
}

void Checker::add_account(const users::Account& account) {
  if (homes_.contains(account.home)) return;
  if (homes_.size() >= kMaxCheckedUsers) {
    cut_ = true;
    return;
  }
  homes_.insert(account.home);
  ++report_.users;
  check_home(account);
}

deliver::Home Checker::enter(const users::Account& account) const {
  const UserRights rights{site_, account};
  return deliver::open_home(files_, account.home);
}

void Checker::check_home(const users::Account& account) {
  if (!account.home.starts_with('/')) {
    found({Problem::Home, account.name, account.home, 0, "is no absolute path: mail waits"});
    return;
  }
  const deliver::Home home = enter(account);
  if (home.refusal) {
    found({Problem::Home, account.name, account.home, 0, home.refusal->text});
    return;
  }
  if (home.sticky) {
    found({Problem::Home, account.name, account.home, 0, deliver::sticky_home().text});
  }
  // Listing a home is more than delivery asks for.
  const std::vector<QmailFile> files = files_of(account, home.directory.get());
  const UserRights rights{site_, account};
  for (const QmailFile& file : files) {
    ++report_.files;
    check_file(account, home.directory.get(), file);
  }
}

std::vector<QmailFile> Checker::files_of(const users::Account& account, int home) {
  std::vector<QmailFile> out;
  // Where extensions live in a directory (qmail-pw2u -/), that is its name.
  for (const std::string& directory : {std::string{}, std::string{".qmail-/"}}) {
    const Result<std::vector<DirectoryEntry>> entries =
        files_.list(home, directory.empty() ? "." : directory);
    if (!entries) {
      const int code = entries.error().os_error;
      if (!directory.empty() && (code == ENOENT || code == ENOTDIR)) continue;
      found({Problem::Unreadable, account.name, account.home + '/' + directory, 0,
             "cannot be listed: " + deliver::reason(entries.error())});
      continue;
    }
    for (const DirectoryEntry& each : *entries) {
      const bool ours = !directory.empty() || each.name.starts_with(".qmail");
      if (ours && each.name != ".qmail-") {
        out.push_back({directory + each.name, account.home + '/' + directory + each.name});
      }
    }
  }
  std::ranges::sort(out, {}, &QmailFile::name);
  if (out.size() > kMaxFilesOfUser) {
    out.resize(kMaxFilesOfUser);
    found(
        {Problem::Limit, account.name, account.home, 0,
         "more than " + std::to_string(kMaxFilesOfUser) + " files: the others are not looked at"});
  }
  return out;
}

void Checker::check_file(const users::Account& account, int home, const QmailFile& file) {
  const Finding at{Problem::Unreadable, account.name, file.path, 0, ""};
  const auto say = [&](Problem problem, const std::string& text) {
    found({problem, at.user, at.place, 0, text});
  };
  // O_NONBLOCK: a FIFO of that name must not hold us up.
  const Result<UniqueFd> opened = files_.open_at(home, file.name, O_RDONLY | O_NONBLOCK);
  if (!opened) return say(Problem::Unreadable, deliver::reason(opened.error()));
  const Result<struct stat> status = files_.stat_fd(opened->get());
  if (!status) return say(Problem::Unreadable, deliver::reason(status.error()));
  if (!S_ISREG(status->st_mode)) {
    return say(Problem::Irregular, "is no regular file: the next candidate answers instead");
  }
  if ((status->st_mode & deliver::kForbiddenMode) != 0) {
    return say(Problem::Unsafe, "everybody may write to it: mail waits");
  }
  const Result<std::string> text =
      read_whole(files_, opened->get(), dotqmail::kMaxFileOctets, file.path);
  if (!text) return say(Problem::Unreadable, deliver::reason(text.error()));
  check_lines(account, home, file, *text, status->st_mode);
}

void Checker::check_lines(const users::Account& account, int home, const QmailFile& file,
                          const std::string& text, mode_t mode) {
  const Finding at{Problem::Mistake, account.name, file.path, 0, ""};
  deliver::Plan plan;
  plan.request.home = account.home;
  plan.source = deliver::Source::File;
  if ((mode & S_IXUSR) != 0) plan.permit = dotqmail::Permit::ForwardOnly;
  Result<dotqmail::Script> script = dotqmail::parse(text, plan.permit);
  if (!script) return found({Problem::Mistake, at.user, at.place, 0, script.error().what});
  plan.script = *std::move(script);
  for (const dotqmail::Step& step : plan.script.steps) {
    if (step.instruction) check_step(step, home, plan, at);
  }
  if (plan.script.fault) {
    const dotqmail::Fault& fault = *plan.script.fault;
    found({Problem::Mistake, at.user, at.place, fault.line,
           deliver::mistake_report(fault.mistake).text});
  }
  graph_.add(account.name, file.path, plan.script);
}

void Checker::check_step(const dotqmail::Step& step, int home, const deliver::Plan& plan,
                         Finding at) {
  at.line = step.line;
  const dotqmail::Instruction& instruction = *step.instruction;
  if (const auto* const to = std::get_if<dotqmail::ToProgram>(&instruction)) {
    return check_program(to->command, home, std::move(at));
  }
  if (const auto* const to = std::get_if<dotqmail::ToAddress>(&instruction)) {
    if (is_address(to->address)) return;
    at.problem = Problem::Address;
    at.text = to->address + " is no address";
    return found(std::move(at));
  }
  const deliver::Prospect prospect =
      deliver::foresee(site_.system, home, plan, instruction, site_.settings);
  if (!prospect.failure) return;
  const bool maildir = std::holds_alternative<dotqmail::ToMaildir>(instruction);
  at.problem = maildir ? Problem::Maildir : Problem::Mbox;
  at.text = step.text + ' ' + prospect.note;
  found(std::move(at));
}

void Checker::check_program(const std::string& command, int home, Finding at) {
  const std::string program = program_of(command);
  if (program.empty()) return;
  at.problem = Problem::Program;
  const Result<struct stat> status = files_.stat_at(home, program);
  const bool runs =
      status && S_ISREG(status->st_mode) && (status->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
  if (runs) return;
  at.text = program + (status ? " is no program" : ": " + deliver::reason(status.error()));
  found(std::move(at));
}

/// users/assign, what qmail-newu made of it, and the homes that it names.
void Checker::check_assignments() {
  const std::string assign = site_.control.mail_home() + "/users/assign";
  const Finding at{Problem::Assignment, "", assign, 0, ""};
  const auto say = [&](const std::string& text) {
    found({Problem::Assignment, at.user, at.place, 0, text});
  };
  const Result<UniqueFd> file = files_.open_at(AT_FDCWD, assign, O_RDONLY | O_NONBLOCK);
  if (!file && file.error().os_error == ENOENT) return;
  if (!file) return say(deliver::reason(file.error()));
  const Result<std::string> text = read_whole(files_, file->get(), users::kMaxAssignOctets, assign);
  if (!text) return say(deliver::reason(text.error()));
  const Result<std::vector<users::Record>> records = users::compile_assignments(*text);
  if (!records) return say(records.error().what);
  const Result<std::vector<users::Assignment>> lines = users::list_assignments(*records);
  if (!lines) return say(lines.error().what);

  const std::string cdb = site_.control.mail_home() + "/users/cdb";
  const Result<UniqueFd> made = files_.open_at(AT_FDCWD, cdb, O_RDONLY | O_NONBLOCK);
  const Result<std::string> bytes = users::make_database(*records);
  const Result<std::string> there =
      made ? read_whole(files_, made->get(), users::kMaxDatabaseOctets, cdb) : made.error();
  if (!bytes || !there || *there != *bytes) {
    say("users/cdb is not made of it: run qmail-newu");
  }
  for (const users::Assignment& each : *lines) {
    if (each.controller.account.uid == 0) {
      say("the line " + each.line + ": nobody delivers as root: its mail waits");
    } else {
      add_account(each.controller.account);
    }
  }
}

void Checker::report_forwards() {
  graph_.follow();
  for (const DeadForward& each : graph_.dead()) {
    found({Problem::Address, each.forward.user, each.forward.file, each.forward.line,
           each.forward.address + ": " + each.why});
  }
  for (const ForwardLoop& each : graph_.loops()) {
    std::string way;
    for (const std::string& file : each.files) way += (way.empty() ? "" : " -> ") + file;
    found({Problem::Loop, each.first.user, each.first.file, each.first.line, way});
  }
  cut_ |= !graph_.complete();
}

CheckReport Checker::finish() && {
  report_forwards();
  if (cut_) {
    report_.findings.push_back({Problem::Limit, "", site_.control.mail_home(), 0,
                                "there is too much to look at: not everything was"});
  }
  return std::move(report_);
}

Result<users::Account> one_account(const Site& site, const CheckOptions& options) {
  if (options.home && !options.home->starts_with('/')) {
    return Error::never("the home directory is no absolute path: " + *options.home);
  }
  if (options.home) return users::Account{options.user.value_or(""), 0, 0, *options.home};
  std::optional<users::Account> account = LBX_TRY(site.accounts.by_name(*options.user));
  if (!account) return Error::never("there is no user " + *options.user);
  return *std::move(account);
}

}  // namespace

Result<CheckReport> check(const Site& site, const CheckOptions& options,
                          const std::vector<users::Account>& accounts) {
  std::string default_delivery = LBX_TRY(site.control.get(control::kDefaultDelivery));
  Checker checker{site, std::move(default_delivery)};
  if (options.home || options.user) {
    const users::Account account = LBX_TRY(one_account(site, options));
    checker.add_account(account);
    return std::move(checker).finish();
  }
  checker.check_assignments();
  for (const users::Account& each : accounts) {
    const Result<bool> counts = users::may_receive(site.system.files, each);
    // A home that cannot be looked at now is a finding of its own.
    if (!counts || *counts) checker.add_account(each);
  }
  return std::move(checker).finish();
}

}  // namespace lbx::admin
