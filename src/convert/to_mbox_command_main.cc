// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdio>

#include "convert/progress.h"
#include "convert/to_mbox_command.h"
#include "service/command_line.h"

namespace lbx::convert {
namespace {

constexpr int kVanished = 1;  // done, but mail vanished

Display display_for(bool quiet) {
  if (quiet) return Display::None;
  return ::isatty(STDERR_FILENO) == 0 ? Display::Lines : Display::Bar;
}

}  // namespace

void ToMboxCommand::declare(CLI::App& app) {
  app.add_option("maildir", options_.maildir, "the Maildir, which is left as it is")->required();
  app.add_option("mbox", options_.mbox, "the mbox to write")->required();
  app.add_option("--dialect", options_.writing.dialect, "how to quote From_ lines")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, MboxDialect>{{"mboxo", MboxDialect::Mboxo},
                                             {"mboxrd", MboxDialect::Mboxrd},
                                             {"mboxcl", MboxDialect::Mboxcl},
                                             {"mboxcl2", MboxDialect::Mboxcl2}}));
  app.add_flag("--append", options_.writing.append, "onto the end of an existing mbox");
  app.add_flag("!--no-dot-lock", options_.writing.locks.dot_lock,
               "do not make MBOX.lock when appending");
  app.add_option("--lock", options_.writing.locks.kernel, "the kernel's lock when appending")
      ->transform(CLI::CheckedTransformer(std::map<std::string, KernelLock>{
          {"fcntl", KernelLock::Fcntl}, {"flock", KernelLock::Flock}, {"none", KernelLock::None}}));
  app.add_option("--lock-timeout", lock_timeout_, "seconds to wait for a lock")
      ->check(CLI::Range(0U, 86'400U))
      ->capture_default_str();
  app.add_flag("--quiet", quiet_, "print only what is wrong");
}

Result<int> ToMboxCommand::run(System& system) {
  options_.writing.locks.timeout = std::chrono::seconds{lock_timeout_};
  PosixLockOps locks;
  const auto report = [&] {
    SignalWishes wishes;
    PeopleProgress progress{system.clock, wishes, display_for(quiet_), stderr};
    return maildir_to_mbox(system, locks, options_, progress);
  }();
  if (!report) return report.error();
  if (!quiet_) {
    std::printf("%llu messages into %s\n", static_cast<unsigned long long>(report->messages),
                options_.mbox.c_str());
  }
  if (report->vanished == 0) return 0;
  std::fprintf(stderr, "letterbox-convert: %llu messages were removed by another program\n",
               static_cast<unsigned long long>(report->vanished));
  return kVanished;
}

}  // namespace lbx::convert
