// SPDX-License-Identifier: MIT
// What would happen to a message for one address: which .qmail file answers, what each line of it
// does, what programs are told. Nothing is delivered here, and the message is not looked at;
// delivery carries a plan out and `letterbox explain` prints it, so the two cannot differ.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/system.h"
#include "core/dotqmail/dotqmail.h"
#include "core/dotqmail/environment.h"
#include "core/dotqmail/lookup.h"
#include "deliver/report.h"
#include "deliver/settings.h"

namespace lbx::deliver {

using dotqmail::Request;

/// Mode bits that neither a home directory nor a .qmail file may have (conf-patrn).
inline constexpr mode_t kForbiddenMode = 0002;

/// The home directory, safe to deliver below, or why not.
struct Home {
  UniqueFd directory;  // O_PATH: for *at() calls and fchdir()
  std::optional<Report> refusal;
  bool sticky{false};  // its owner is at work: delivery waits, a mere look may go on
};
Home open_home(FileOps& files, const std::string& path);
/// What delivery says of a sticky home.
Report sticky_home();

/// One candidate of the look-up and what was found there: a .qmail file, or a folder of the Maildir
/// (control/folderdelivery), whose path ends with a slash.
struct Tried {
  enum class Found {
    NotReached,  // an earlier one has answered
    Missing,     // or not openable for a reason that passes it over: `problem`
    NotRegular,  // a directory, a FIFO
    Unreadable,  // nobody can tell now what it says: the message waits
    WorldWritable,
    Chosen,
  };
  dotqmail::Candidate candidate;
  Found found{Found::NotReached};
  mode_t mode{0};       // where it exists
  std::string problem;  // what the kernel said
};

/// Where the instructions come from.
enum class Source { None, File, Folder, DefaultDelivery };

struct Plan {
  Request request;
  Instant now;  // the time in its lines
  dotqmail::EnvelopeLines lines;
  std::vector<Tried> tried;
  Source source{Source::None};
  std::string file;  // the chosen one, also where it is empty and the default delivery counts
  dotqmail::Permit permit{dotqmail::Permit::Everything};
  dotqmail::Script script;
  std::string new_sender;
  Environment variables;          // what programs are told beyond what we were
  std::optional<Report> refusal;  // why nothing would be delivered at all
};

/// `home` is the directory that open_home() gave.
Plan make_plan(System& system, int home, const Request& request, const Settings& settings = {});

/// What delivery says when it comes to a line with a mistake: Later.
Report mistake_report(dotqmail::Mistake mistake);

}  // namespace lbx::deliver
