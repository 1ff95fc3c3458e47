// SPDX-License-Identifier: MIT
// qmail's maildirmake: a new Maildir. See maildirmake(1).
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <string>

#include "core/maildir/maildir.h"
#include "service/program.h"

namespace {

constexpr int kUsage = 100;

// CONTRACT 1.18: unlike a delivery that needs a Maildir, a person who asks for a new one is told
// that the name is taken.
lbx::Result<int> maildirmake_main(lbx::System& system, int argc, char** argv) {
  if (argc < 2) {
    std::fputs("maildirmake: usage: maildirmake name\n", stderr);
    return kUsage;
  }
  ::umask(077);
  const std::string path = argv[1];
  if (system.files.stat_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW)) {
    return lbx::Error::later("fatal: unable to mkdir " + path + ": file exists");
  }
  const lbx::Result<void> made = lbx::create_maildir(system, AT_FDCWD, path);
  if (!made) return lbx::Error::later("fatal: unable to mkdir " + path + ": " + made.error().what);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("maildirmake", lbx::ExitCodes::qmail(), maildirmake_main, argc, argv);
}
