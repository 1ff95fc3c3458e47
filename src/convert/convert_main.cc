// SPDX-License-Identifier: MIT
// letterbox-convert: mail between mbox files and Maildirs. See letterbox-convert(1).
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "convert/maildir2mbox.h"
#include "convert/mbox2maildir.h"
#include "convert/progress.h"
#include "service/command_line.h"
#include "service/program.h"

namespace {

using lbx::KernelLock;
using lbx::MboxDialect;
using lbx::MboxWriteDialect;
namespace convert = lbx::convert;

constexpr int kDoubtful = 1;  // done, but --strict and something was doubtful, or mail vanished

std::unique_ptr<convert::Progress> make_progress(lbx::System& system, bool quiet) {
  if (quiet || ::isatty(STDERR_FILENO) == 0) return std::make_unique<convert::NoProgress>();
  return std::make_unique<convert::TerminalProgress>(system.clock);
}

struct ToMaildir {
  convert::ToMaildirOptions options;
  bool strict{false};
  bool quiet{false};

  void declare(CLI::App& app) {
    app.add_option("sources", options.sources, "mbox files, compressed or not, then the Maildir")
        ->required()
        ->expected(2, CLI::detail::expected_max_vector_size);
    app.add_option("--dialect", options.reading.read.dialect, "what the files are written in")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, MboxDialect>{{"mboxo", MboxDialect::Mboxo},
                                               {"mboxrd", MboxDialect::Mboxrd},
                                               {"mboxcl", MboxDialect::Mboxcl},
                                               {"mboxcl2", MboxDialect::Mboxcl2}}));
    app.add_flag("--keep-status", options.reading.read.keep_status,
                 "leave Status and the like in the messages");
    app.add_flag("--skip-deleted", options.reading.skip_deleted,
                 "leave out what is marked as deleted");
    app.add_flag("--mime", options.reading.read.borders.mime,
                 "a From_ line that begins an attached message is text");
    app.add_option("--max-expanded", options.reading.max_expanded,
                   "octets that a compressed file may expand to")
        ->transform(CLI::AsSizeValue(false))
        ->capture_default_str();
    app.add_flag("--strict", strict, "exit with 1 if anything was doubtful");
    app.add_flag("--quiet", quiet, "print only what is doubtful or wrong");
  }

  lbx::Result<int> run(lbx::System& system) {
    options.maildir = options.sources.back();
    options.sources.pop_back();
    lbx::PosixLockOps locks;
    const auto report = [&] {
      const auto progress = make_progress(system, quiet);
      return convert::mbox_to_maildir(system, locks, options, *progress);
    }();
    if (!report) return report.error();
    for (const convert::SourceReport& source : report->sources) {
      for (const std::string& warning : source.warnings) {
        std::fprintf(stderr, "letterbox-convert: warning: %s\n", warning.c_str());
      }
      if (!quiet) std::printf("%s\n", source.line().c_str());
    }
    if (!quiet) {
      std::printf("%llu messages from %zu files into %s\n",
                  static_cast<unsigned long long>(report->messages), report->sources.size(),
                  options.maildir.c_str());
    }
    return strict && report->doubts > 0 ? kDoubtful : 0;
  }
};

struct ToMbox {
  convert::ToMboxOptions options;
  unsigned lock_timeout{30};
  bool quiet{false};

  void declare(CLI::App& app) {
    app.add_option("maildir", options.maildir, "the Maildir, which is left as it is")->required();
    app.add_option("mbox", options.mbox, "the mbox to write")->required();
    app.add_option("--dialect", options.writing.dialect, "how to quote From_ lines")
        ->transform(CLI::CheckedTransformer(std::map<std::string, MboxWriteDialect>{
            {"mboxrd", MboxWriteDialect::Mboxrd}, {"mboxo", MboxWriteDialect::Mboxo}}));
    app.add_flag("--append", options.writing.append, "onto the end of an existing mbox");
    app.add_flag("!--no-dot-lock", options.writing.locks.dot_lock,
                 "do not make MBOX.lock when appending");
    app.add_option("--lock", options.writing.locks.kernel, "the kernel's lock when appending")
        ->transform(
            CLI::CheckedTransformer(std::map<std::string, KernelLock>{{"fcntl", KernelLock::Fcntl},
                                                                      {"flock", KernelLock::Flock},
                                                                      {"none", KernelLock::None}}));
    app.add_option("--lock-timeout", lock_timeout, "seconds to wait for a lock")
        ->check(CLI::Range(0U, 86'400U))
        ->capture_default_str();
    app.add_flag("--quiet", quiet, "print only what is wrong");
  }

  lbx::Result<int> run(lbx::System& system) {
    options.writing.locks.timeout = std::chrono::seconds{lock_timeout};
    lbx::PosixLockOps locks;
    const auto report = [&] {
      const auto progress = make_progress(system, quiet);
      return convert::maildir_to_mbox(system, locks, options, *progress);
    }();
    if (!report) return report.error();
    if (!quiet) {
      std::printf("%llu messages into %s\n", static_cast<unsigned long long>(report->messages),
                  options.mbox.c_str());
    }
    if (report->vanished == 0) return 0;
    std::fprintf(stderr, "letterbox-convert: %llu messages were removed by another program\n",
                 static_cast<unsigned long long>(report->vanished));
    return kDoubtful;
  }
};

lbx::Result<int> convert_main(lbx::System& system, int argc, char** argv) {
  ::umask(077);
  CLI::App app{"Convert mail between mbox files and Maildirs."};
  app.require_subcommand(1);
  ToMaildir to_maildir;
  ToMbox to_mbox;
  CLI::App* mbox2maildir = app.add_subcommand("mbox2maildir", "mbox files into a Maildir");
  to_maildir.declare(*mbox2maildir);
  to_mbox.declare(*app.add_subcommand("maildir2mbox", "a Maildir into an mbox"));
  const auto status = lbx::parse_command_line(app, argc, argv);
  if (!status) return status.error();
  if (*status) return **status;
  return mbox2maildir->parsed() ? to_maildir.run(system) : to_mbox.run(system);
}

}  // namespace

// EX_DATAERR for what will never work (not an mbox, damaged), EX_TEMPFAIL for the rest.
int main(int argc, char** argv) {
  return lbx::run_program("letterbox-convert", lbx::ExitCodes{75, 65}, convert_main, argc, argv);
}
