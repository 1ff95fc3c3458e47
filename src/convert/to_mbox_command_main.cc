// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdio>

#include "convert/progress.h"
#include "convert/to_mbox_command.h"
#include "service/command_line.h"

namespace lbx::convert {
namespace {

constexpr int kDoubtful = 1;  // done, but mail vanished, or --strict and something was lost

Display display_for(bool quiet) {
  if (quiet) return Display::None;
  return ::isatty(STDERR_FILENO) == 0 ? Display::Lines : Display::Bar;
}

}  // namespace

void ToMboxCommand::declare(CLI::App& app) {
  app.add_option("maildir", options_.maildir, "the Maildir, which is left as it is")->required();
  app.add_option("mbox", options_.mbox, "the mbox to write, or a directory (--tree)")->required();
  app.add_option("--dialect", dialect_, "what to write: mboxrd, mboxo, mboxcl or mboxcl2")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, MboxDialect>{{"mboxo", MboxDialect::Mboxo},
                                             {"mboxrd", MboxDialect::Mboxrd},
                                             {"mboxcl", MboxDialect::Mboxcl},
                                             {"mboxcl2", MboxDialect::Mboxcl2}}));
  app.add_flag("--tree", options_.tree, "all folders, each into an mbox of its own");
  app.add_option("--layout", options_.layout, "how the tree names its files")
      ->transform(CLI::CheckedTransformer(std::map<std::string, MboxLayout>{
          {"directories", MboxLayout::Directories}, {"thunderbird", MboxLayout::Thunderbird}}));
  CLI::Option* uids = app.add_flag("--keep-uids", options_.writing.keep_uids,
                                   "IMAP numbers as X-UID and X-IMAPbase");
  app.add_flag("--append", options_.writing.append, "onto the end of an existing mbox")
      ->excludes(uids);
  app.add_flag("!--no-dot-lock", options_.writing.locks.dot_lock,
               "do not make MBOX.lock when appending");
  app.add_option("--lock", options_.writing.locks.kernel, "the kernel's lock when appending")
      ->transform(CLI::CheckedTransformer(std::map<std::string, KernelLock>{
          {"fcntl", KernelLock::Fcntl}, {"flock", KernelLock::Flock}, {"none", KernelLock::None}}));
  app.add_option("--lock-timeout", lock_timeout_, "seconds to wait for a lock")
      ->check(CLI::Range(0U, 86'400U))
      ->capture_default_str();
  app.add_flag("--strict", strict_, "exit with 1 if anything of a message was lost");
  app.add_flag("--quiet", quiet_, "print only what is wrong");
}

Result<int> ToMboxCommand::run(System& system) {
  options_.writing.dialect = dialect_.value_or(MboxDialect::Mboxrd);
  options_.writing.locks.timeout = std::chrono::seconds{lock_timeout_};
  PosixLockOps locks;
  const auto on_loss = [](const std::string& path, const MboxLosses& losses) {
    for (const MboxLoss each : losses) {
      std::fprintf(stderr, "letterbox-convert: warning: %s: %s\n", path.c_str(),
                   std::string{describe(each)}.c_str());
    }
  };
  const auto report = [&] {
    SignalWishes wishes;
    PeopleProgress progress{system.clock, wishes, display_for(quiet_), stderr};
    return maildir_to_mbox(system, locks, options_, progress, on_loss);
  }();
  if (!report) return report.error();
  print(*report);
  return report->vanished > 0 || (strict_ && report->lossy > 0) ? kDoubtful : 0;
}

void ToMboxCommand::print(const ToMboxReport& report) const {
  if (!quiet_) {
    for (const WrittenMbox& each : report.files) {
      std::printf("%llu messages into %s\n", static_cast<unsigned long long>(each.messages),
                  each.path.c_str());
    }
  }
  const auto warn = [](std::uint64_t count, const char* what) {
    if (count == 0) return;
    std::fprintf(stderr, "letterbox-convert: %llu %s\n", static_cast<unsigned long long>(count),
                 what);
  };
  warn(report.lossy, "messages cannot be read back as they were");
  warn(report.vanished, "messages were removed by another program");
  if (!quiet_) warn(report.folders_left, "folders were left out (see --tree)");
}

}  // namespace lbx::convert
