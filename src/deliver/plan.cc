// SPDX-License-Identifier: MIT
#include "deliver/plan.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "core/base/ascii.h"
#include "core/base/errno_class.h"
#include "core/base/io.h"
#include "core/control/settings.h"
#include "core/maildir/maildir.h"

namespace lbx::deliver {
namespace {

using dotqmail::Permit;
using Found = Tried::Found;

/// An error that says nothing about whether the file is there: the next candidate must not answer
/// in its place (CONTRACT 2.3).
bool hides_the_answer(int code) {
  return code == EPERM || code == EACCES || is_temporary_errno(code);
}

std::string unable_to_open(const std::string& path, const std::string& why) {
  return "Unable to open " + path + ": " + why + ". (#4.3.0)";
}

/// Opens one candidate and notes what it is; a descriptor only where it is the chosen one.
UniqueFd try_candidate(FileOps& files, int home, Tried& tried) {
  const std::string& path = tried.candidate.path;
  // O_NONBLOCK: a FIFO of that name must not hold us up.
  Result<UniqueFd> file = files.open_at(home, path, O_RDONLY | O_NONBLOCK);
  if (!file) {
    tried.found = hides_the_answer(file.error().os_error) ? Found::Unreadable : Found::Missing;
    tried.problem = reason(file.error());
    return {};
  }
  const Result<struct stat> status = files.stat_fd(file->get());
  if (!status) {
    tried.found = Found::Unreadable;
    tried.problem = reason(status.error());
    return {};
  }
  tried.mode = status->st_mode & 07777U;
  if (!S_ISREG(status->st_mode)) {
    tried.found = Found::NotRegular;
    return {};
  }
  tried.found = (status->st_mode & kForbiddenMode) != 0 ? Found::WorldWritable : Found::Chosen;
  return std::move(file).value();
}

/// The Maildir of the default delivery, or nothing where that is something else.
std::optional<std::string> default_maildir(const Request& request) {
  const Result<dotqmail::Script> script =
      dotqmail::parse(request.default_delivery, Permit::Everything);
  if (!script || script->steps.empty() || !script->steps.front().instruction) return std::nullopt;
  const auto* const to = std::get_if<dotqmail::ToMaildir>(&*script->steps.front().instruction);
  return to == nullptr ? std::nullopt : std::optional{to->path};
}

/// The name of the folder that is called like the extension, in any case; the same case first.
/// It is a name that is there: what a sender wrote never becomes a path.
std::string folder_named(const std::vector<DirectoryEntry>& entries, const std::string& wanted) {
  std::string found;
  for (const DirectoryEntry& each : entries) {
    if (!is_folder_name(each.name) || !ascii::equal_fold(each.name, wanted)) continue;
    if (each.name == wanted) return wanted;
    if (found.empty() || each.name < found) found = each.name;
  }
  return found;
}

/// Looks for the folder of the Maildir that takes the extension.
Tried try_folder(FileOps& files, int home, const std::string& maildir, const std::string& ext) {
  const std::string wanted = '.' + dotqmail::safe_extension(ext);
  Tried tried{{maildir + wanted + '/', std::nullopt}, Found::Missing, 0, {}};
  const Result<std::vector<DirectoryEntry>> entries = files.list(home, maildir);
  if (!entries) {
    tried.found = hides_the_answer(entries.error().os_error) ? Found::Unreadable : Found::Missing;
    tried.problem = reason(entries.error());
    return tried;
  }
  const std::string name = folder_named(*entries, wanted);
  if (!name.empty()) tried.candidate.path = maildir + name + '/';
  const Result<struct stat> status = files.stat_at(home, tried.candidate.path + "new/.");
  if (!name.empty() && status) {
    tried.found = Found::Chosen;
    tried.mode = status->st_mode & 07777U;
  } else {
    tried.problem = name.empty() ? "there is no such folder" : reason(status.error());
  }
  return tried;
}

/// After the file of just this extension, before the files that take several: true where a folder
/// of the Maildir answers, or where that cannot be known now.
bool folder_answers(FileOps& files, int home, const Settings& settings, Plan& plan) {
  if (plan.request.dash.empty() || plan.request.ext.empty()) return false;
  const Result<std::string_view> word = setting_of(settings, control::kFolderDelivery);
  if (!word) {
    plan.refusal = bad_setting(word.error());
    return true;
  }
  const std::optional<std::string> maildir = default_maildir(plan.request);
  if (*word == control::kFolderDelivery.words.front() || !maildir) return false;

  const Tried tried = try_folder(files, home, maildir->c_str(), plan.request.ext);
  plan.tried.insert(plan.tried.begin() + 1, tried);
  const std::string& path = tried.candidate.path;
  if (tried.found == Found::Unreadable) {
    plan.refusal = Report::later(unable_to_open(path, tried.problem));
  } else if (tried.found == Found::Chosen) {
    plan.source = Source::Folder;
    plan.script.steps = {{1, path, dotqmail::ToMaildir{path}}};
  }
  return tried.found != Found::Missing;
}

/// Whether the search ends with this candidate; `file` is the one to read then, or none.
bool file_answers(FileOps& files, int home, Plan& plan, Tried& tried, UniqueFd& file) {
  file = try_candidate(files, home, tried);
  switch (tried.found) {
    case Found::Missing:
    case Found::NotRegular:
    case Found::NotReached:
      return false;
    case Found::Unreadable:
      plan.refusal = Report::later(unable_to_open(tried.candidate.path, tried.problem));
      return true;
    case Found::WorldWritable:
      plan.refusal = Report::later("Uh-oh: .qmail file is writable. (#4.7.0)");
      return true;
    case Found::Chosen:
      plan.file = tried.candidate.path;
      if ((tried.mode & S_IXUSR) != 0) plan.permit = Permit::ForwardOnly;
      return true;
  }
  return false;
}

/// Tries the candidates in their order, up to the one that answers. The chosen file, or none.
UniqueFd look_up(FileOps& files, int home, const Settings& settings, Plan& plan) {
  UniqueFd file;
  if (file_answers(files, home, plan, plan.tried.front(), file)) return file;
  if (folder_answers(files, home, settings, plan)) return {};
  for (Tried& tried : plan.tried) {
    if (tried.found != Found::NotReached) continue;
    if (file_answers(files, home, plan, tried, file)) return file;
  }
  return {};
}

Result<bool> exists(FileOps& files, int home, const std::string& path) {
  const Result<struct stat> status = files.stat_at(home, path);
  if (status) return true;
  if (is_temporary_errno(status.error().os_error)) return status.error();
  return false;
}

Result<dotqmail::Owner> find_owner(FileOps& files, int home, const Request& request) {
  const dotqmail::OwnerFiles names = dotqmail::owner_files(request.dash, request.ext);
  const bool owner = LBX_TRY(exists(files, home, names.owner));
  if (!owner) return dotqmail::Owner::None;
  const bool per_recipient = LBX_TRY(exists(files, home, names.owner_default));
  return per_recipient ? dotqmail::Owner::PerRecipient : dotqmail::Owner::Plain;
}

std::optional<std::string> default_part(const Plan& plan) {
  for (const Tried& tried : plan.tried) {
    if (tried.found == Found::Chosen) return tried.candidate.default_part;
  }
  return std::nullopt;
}

/// The text that says what to do: the file's, or the default delivery where the file is empty or
/// missing. The execute bit speaks of the file only.
Result<std::string> instructions(FileOps& files, const UniqueFd& file, Plan& plan) {
  if (file) {
    std::string text = LBX_TRY(read_whole(files, file.get(), dotqmail::kMaxFileOctets, plan.file));
    if (!text.empty()) {
      plan.source = Source::File;
      return text;
    }
  }
  plan.source = Source::DefaultDelivery;
  plan.permit = Permit::Everything;
  // Empty: a blank line, which holds the message; nobody has said that it shall be dropped.
  return plan.request.default_delivery.empty() ? "\n" : plan.request.default_delivery;
}

void read_script(FileOps& files, const UniqueFd& file, Plan& plan) {
  const Result<std::string> text = instructions(files, file, plan);
  if (!text) {
    plan.refusal =
        Report::later("Unable to read " + plan.file + ": " + reason(text.error()) + ". (#4.3.0)");
    return;
  }
  Result<dotqmail::Script> script = dotqmail::parse(*text, plan.permit);
  if (!script) {
    plan.refusal =
        Report::later("Unable to read " + plan.file + ": " + script.error().what + ". (#4.3.0)");
    return;
  }
  plan.script = std::move(script).value();
}

}  // namespace

Home open_home(FileOps& files, const std::string& path) {
  Home home;
  // O_PATH and the final "/." ask for the right to search, as chdir(2) does, and not to read.
  Result<UniqueFd> directory = files.open_at(AT_FDCWD, path + "/.", O_PATH | O_DIRECTORY);
  if (!directory) {
    home.refusal = Report::later("Unable to switch to " + path + ": " + reason(directory.error()) +
                                 ". (#4.3.0)");
    return home;
  }
  home.directory = std::move(directory).value();
  const Result<struct stat> status = files.stat_fd(home.directory.get());
  if (!status) {
    home.refusal = Report::failed("Unable to stat home directory. (#4.3.0)", status.error());
  } else if ((status->st_mode & kForbiddenMode) != 0) {
    home.refusal = Report::later("Uh-oh: home directory is writable. (#4.7.0)");
  } else {
    home.sticky = (status->st_mode & S_ISVTX) != 0;
  }
  return home;
}

Report sticky_home() {
  return Report::later("Home directory is sticky: user is editing his .qmail file. (#4.2.1)");
}

Plan make_plan(System& system, int home, const Request& request, const Settings& settings) {
  Plan plan;
  plan.request = request;
  plan.now = system.clock.now();
  plan.lines = dotqmail::envelope_lines(request, plan.now);
  plan.new_sender = request.sender;

  const Result<std::vector<dotqmail::Candidate>> candidates =
      dotqmail::candidates(request.dash, request.ext);
  if (!candidates) {
    plan.refusal = Report::never("Sorry, this address is too long. (#5.1.3)");
    return plan;
  }
  for (const dotqmail::Candidate& each : *candidates) plan.tried.push_back({each, {}, 0, {}});

  const UniqueFd file = look_up(system.files, home, settings, plan);
  if (plan.refusal) return plan;
  if (!file && !request.dash.empty() && plan.source != Source::Folder) {
    plan.refusal = Report::never("Sorry, no mailbox here by that name. (#5.1.1)");
    return plan;
  }
  const Result<dotqmail::Owner> owner = find_owner(system.files, home, request);
  if (!owner) {
    plan.refusal = Report::failed("Unable to look for the owner file. (#4.3.0)", owner.error());
    return plan;
  }
  plan.new_sender = dotqmail::new_sender(request, *owner);
  plan.variables = dotqmail::variables(request, plan.lines, plan.new_sender, default_part(plan));
  if (plan.source != Source::Folder) read_script(system.files, file, plan);
  return plan;
}

Report mistake_report(dotqmail::Mistake mistake) {
  switch (mistake) {
    case dotqmail::Mistake::BlankFirstLine:
      return Report::later("Uh-oh: first line of .qmail file is blank. (#4.2.1)");
    case dotqmail::Mistake::ProgramForbidden:
      return Report::later("Uh-oh: .qmail has prog delivery but has x bit set. (#4.7.0)");
    case dotqmail::Mistake::FileForbidden:
      return Report::later("Uh-oh: .qmail has file delivery but has x bit set. (#4.7.0)");
  }
  return Report::later("Uh-oh: .qmail has a mistake. (#4.3.0)");
}

}  // namespace lbx::deliver
