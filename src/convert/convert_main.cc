// SPDX-License-Identifier: MIT
// letterbox-convert: mail between mbox files and Maildirs. See letterbox-convert(1).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "convert/courier_keeper.h"
#include "convert/dovecot_keeper.h"
#include "convert/expand.h"
#include "convert/folder_notes.h"
#include "convert/import.h"
#include "convert/maildir_sink.h"
#include "convert/mbox2maildir.h"
#include "convert/progress.h"
#include "convert/summary.h"
#include "convert/to_mbox_command.h"
#include "core/base/io.h"
#include "service/command_line.h"
#include "service/program.h"

namespace {

using lbx::MboxDialect;
namespace convert = lbx::convert;

constexpr int kDoubtful = 1;  // done, but --strict and something was doubtful

convert::Display display_for(bool quiet) {
  if (quiet) return convert::Display::None;
  return ::isatty(STDERR_FILENO) == 0 ? convert::Display::Lines : convert::Display::Bar;
}

/// The same path in every run, wherever it is started.
std::string absolute_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> resolved{::realpath(path.c_str(), nullptr), &::free};
  return resolved ? resolved.get() : path;
}

/// Where the errors of single messages go: standard error, or `--report`.
class ErrorReport {
 public:
  lbx::Result<void> open(lbx::System& system, const std::string& path) {
    if (path.empty()) return {};
    file_ = LBX_TRY(system.files.open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600));
    files_ = &system.files;
    return {};
  }
  void add(const std::string& line) {
    if (!file_) {
      std::fprintf(stderr, "letterbox-convert: %s\n", line.c_str());
    } else {
      const lbx::Result<void> put = lbx::write_all(*files_, file_.get(), line + '\n');
      if (!put) failed_ = true;
    }
  }
  bool failed() const { return failed_; }

 private:
  lbx::FileOps* files_{nullptr};
  lbx::UniqueFd file_;
  bool failed_{false};
};

/// mbox2maildir, and import, which takes more than mbox files.
class ToMaildir {
 public:
  explicit ToMaildir(bool any) : any_{any} {}

  void declare(CLI::App& app) {
    app.add_option("sources", sources_,
                   any_ ? "mail in any form, then the Maildir"
                        : "mbox files, compressed or not, then the Maildir")
        ->required()
        ->expected(2, CLI::detail::expected_max_vector_size);
    app.add_option("--dialect", reading_.read.dialect, "what the files are written in")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, MboxDialect>{{"mboxo", MboxDialect::Mboxo},
                                               {"mboxrd", MboxDialect::Mboxrd},
                                               {"mboxcl", MboxDialect::Mboxcl},
                                               {"mboxcl2", MboxDialect::Mboxcl2}}));
    app.add_flag("--keep-status", reading_.read.keep_status,
                 "leave Status and the like in the messages");
    app.add_flag("--skip-deleted", reading_.skip_deleted, "leave out what is marked as deleted");
    app.add_flag("--mime", reading_.read.borders.mime,
                 "a From_ line that begins an attached message is text");
    app.add_option("--max-expanded", reading_.max_expanded,
                   "octets that a compressed file may expand to")
        ->transform(CLI::AsSizeValue(false))
        ->capture_default_str();
    app.add_option("--folder", folder_, "the folder that everything goes to, or below");
    if (any_) {
      app.add_flag("--no-folders", rule_.flat, "everything goes into the inbox, or --folder");
    }
    app.add_option("--labels", labels_, "what becomes of Gmail's labels")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, convert::LabelUse>{{"none", convert::LabelUse::None},
                                                     {"keywords", convert::LabelUse::Keywords},
                                                     {"places", convert::LabelUse::Places},
                                                     {"folders", convert::LabelUse::Folders}}));
    app.add_option("--for", server_, "the IMAP server that will show the Maildir")
        ->transform(CLI::CheckedTransformer(std::map<std::string, convert::ServerKind>{
            {"dovecot", convert::ServerKind::Dovecot}, {"courier", convert::ServerKind::Courier}}));
    declare_safety(app);
    app.add_flag("--json", json_, "the summary as one JSON object");
    app.add_flag("--strict", strict_, "exit with 1 if anything was doubtful");
    app.add_flag("--quiet", quiet_, "print only what is doubtful or wrong");
  }

  lbx::Result<int> run(lbx::System& system) {
    options_.target = sources_.back();
    sources_.pop_back();
    LBX_TRY(report_.open(system, report_path_));
    if (!folder_.empty()) rule_.below = lbx::FolderName::of_path(folder_).levels();
    const bool folders = any_ && !rule_.flat;
    reading_.labels =
        labels_.value_or(folders ? convert::LabelUse::Folders : convert::LabelUse::Keywords);
    reading_.label_base = lbx::FolderName::of_levels(rule_.below);
    lbx::PosixLockOps locks;
    convert::DovecotKeeper dovecot{system, locks};
    convert::CourierKeeper courier{system, locks};
    convert::FolderKeeper& keeper = server_ == convert::ServerKind::Dovecot
                                        ? static_cast<convert::FolderKeeper&>(dovecot)
                                        : courier;
    options_.keeper = &keeper;
    const Sources sources = LBX_TRY(any_ ? find_any(system, locks) : open_mboxes(system, locks));
    if (server_ == convert::ServerKind::Courier) options_.fingerprint += ":courier";
    options_.utf8_names = server_ == convert::ServerKind::Courier;
    convert::ImportSummary summary = LBX_TRY(import(system, locks, sources));
    summary.failed += tree_.unreadable.size();
    for (const std::string& each : keeper.warnings()) {
      std::fprintf(stderr, "letterbox-convert: warning: %s\n", each.c_str());
    }
    summary.doubts += keeper.warnings().size();
    print(summary);
    if (report_.failed()) return lbx::Error::later(report_path_ + ": cannot be written");
    if (summary.failed > 0) {
      return lbx::Error::later(std::to_string(summary.failed) +
                               " messages or files could not be read");
    }
    return strict_ && summary.doubts > 0 ? kDoubtful : 0;
  }

 private:
  using Sources = std::vector<std::unique_ptr<convert::Source>>;

  lbx::Result<Sources> open_mboxes(lbx::System& system, lbx::LockOps& locks) {
    reading_.folder = lbx::FolderName::of_levels(rule_.below);
    options_.fingerprint = convert::fingerprint_of(reading_);
    std::vector<convert::SourcePath> paths;
    for (const std::string& each : sources_) paths.push_back({each, absolute_path(each)});
    return convert::open_mboxes(system, locks, paths, reading_);
  }

  lbx::Result<Sources> find_any(lbx::System& system, lbx::LockOps& locks) {
    tree_ = LBX_TRY(convert::find_mail(system, sources_, options_.target));
    for (const std::string& each : tree_.unreadable) report_.add(each);
    options_.fingerprint =
        convert::fingerprint_of(reading_) + ':' + convert::fingerprint_of(tree_, rule_);
    return convert::open_tree(system, locks, tree_, reading_, rule_, absolute_path);
  }

  void declare_safety(CLI::App& app) {
    app.add_flag("--live", reading_.live, "other programs go on writing to the files");
    app.add_flag("!--no-dot-lock", reading_.locks.dot_lock, "do not make MBOX.lock while reading");
    app.add_flag("--dry-run", options_.dry_run, "only count and report");
    app.add_flag("--verify", options_.verify, "compare everything before it is published");
    app.add_flag("--remove-source", options_.remove_sources,
                 "remove the files when all is verified and durable");
    app.add_option("--report", report_path_, "where errors of single messages are noted");
    app.add_option("--writers", options_.writers, "threads that write")
        ->check(CLI::Range(0U, convert::kMaxWriters))
        ->capture_default_str();
    app.add_option("--checkpoint", options_.checkpoint_messages,
                   "messages after which an interrupted run can go on")
        ->check(CLI::Range(std::size_t{1}, convert::kCheckpointMessages))
        ->capture_default_str();
  }

  lbx::Result<convert::ImportSummary> import(
      lbx::System& system, lbx::LockOps& locks,
      const std::vector<std::unique_ptr<convert::Source>>& sources) {
    convert::SignalWishes wishes;
    convert::PeopleProgress progress{system.clock, wishes, display_for(quiet_), stderr};
    return convert::import(system, locks, sources, options_, progress,
                           [this](const std::string& line) { report_.add(line); });
  }

  void print_passed_over() const {
    if (tree_.passed_over == 0 || quiet_) return;
    std::fprintf(stderr, "letterbox-convert: %llu files without mail were passed over%s\n",
                 static_cast<unsigned long long>(tree_.passed_over),
                 options_.dry_run ? ":" : ", see --dry-run");
    if (!options_.dry_run) return;
    for (const std::string& each : tree_.told) {
      std::fprintf(stderr, "    %s\n", convert::printable(each).c_str());
    }
  }

  void print(const convert::ImportSummary& summary) const {
    print_passed_over();
    for (const convert::SourceSummary& source : summary.sources) {
      const convert::Findings& found = source.findings;
      for (const convert::Doubt& each : found.doubts) {
        std::fprintf(stderr, "letterbox-convert: warning: %s: %s\n", each.where.c_str(),
                     each.what.c_str());
        if (options_.dry_run) std::fprintf(stderr, "    %s\n", each.text.c_str());
      }
      if (found.doubt_count > found.doubts.size()) {
        std::fprintf(stderr, "letterbox-convert: warning: %s: and %llu more of these\n",
                     source.name.c_str(),
                     static_cast<unsigned long long>(found.doubt_count - found.doubts.size()));
      }
    }
    if (json_) {
      std::fputs(summary_json(summary, options_).c_str(), stdout);
    } else if (!quiet_) {
      std::fputs(summary_table(summary, options_).c_str(), stdout);
    }
  }

  bool any_;
  std::vector<std::string> sources_;
  std::string folder_;
  convert::FolderRule rule_;
  convert::MailTree tree_;
  convert::MboxSource::Options reading_{{}, convert::kMaxExpanded, false, {}, {}, false, {}, {}};
  std::optional<convert::LabelUse> labels_;
  convert::ServerKind server_{convert::ServerKind::Dovecot};
  convert::ImportOptions options_;
  std::string report_path_;
  ErrorReport report_;
  bool json_{false};
  bool strict_{false};
  bool quiet_{false};
};

lbx::Result<int> convert_main(lbx::System& system, int argc, char** argv) {
  ::umask(077);
  CLI::App app{"Convert mail between mbox files and Maildirs."};
  app.require_subcommand(1);
  ToMaildir import{true};
  ToMaildir to_maildir{false};
  convert::ToMboxCommand to_mbox;
  CLI::App* any = app.add_subcommand("import", "mail in any form into a Maildir with folders");
  import.declare(*any);
  CLI::App* mbox2maildir = app.add_subcommand("mbox2maildir", "mbox files into a Maildir");
  to_maildir.declare(*mbox2maildir);
  to_mbox.declare(*app.add_subcommand("maildir2mbox", "a Maildir into an mbox"));
  const auto status = lbx::parse_command_line(app, argc, argv);
  if (!status) return status.error();
  if (*status) return **status;
  if (any->parsed()) return import.run(system);
  return mbox2maildir->parsed() ? to_maildir.run(system) : to_mbox.run(system);
}

}  // namespace

// EX_DATAERR for what will never work (not an mbox, damaged), EX_TEMPFAIL for the rest.
int main(int argc, char** argv) {
  return lbx::run_program("letterbox-convert", lbx::ExitCodes{75, 65}, convert_main, argc, argv);
}
