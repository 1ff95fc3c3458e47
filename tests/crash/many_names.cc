// SPDX-License-Identifier: MIT
// 100,000 deliveries from 8 processes that all claim one pid and one frozen clock: 100,000 files,
// no name twice, no message lost, every base name within 70 octets (DEFECTS 2.2).
// usage: many_names [COUNT]
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "core/maildir/maildir.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace {

constexpr int kProcesses = 8;
constexpr const char* kHost = "mail-01.example.org.";  // 20 octets

std::string message(int process, int number) {
  return "Subject: " + std::to_string(process) + '/' + std::to_string(number) + "\n\nbody\n";
}

lbx::Result<void> deliver(lbx::System& system, int maildir, const std::string& text) {
  lbx::MaildirWriter writer = LBX_TRY(lbx::MaildirWriter::open(system, maildir));
  LBX_TRY(writer.write(text));
  LBX_TRY(std::move(writer).commit());
  return {};
}

int deliver_all(int maildir, int process, int count) {
  lbx::PosixFileOps files;
  lbx::testing_support::FrozenClock clock;
  lbx::SystemRandomness randomness;
  lbx::System system{files, clock, randomness, 4711, kHost, {}};
  for (int i = 0; i < count; ++i) {
    const lbx::Result<void> done = deliver(system, maildir, message(process, i));
    if (!done) {
      std::fprintf(stderr, "%s\n", done.error().what.c_str());
      return 1;
    }
  }
  return 0;
}

bool all_children_succeeded() {
  bool good = true;
  for (int i = 0; i < kProcesses; ++i) {
    int status = 0;
    good &= ::wait(&status) > 0 && status == 0;
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const int total = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const lbx::testing_support::ScratchDirectory scratch;
  scratch.make_maildir("Maildir");
  const lbx::UniqueFd maildir{::open(scratch.path("Maildir").c_str(), O_RDONLY | O_DIRECTORY)};
  for (int i = 0; i < kProcesses; ++i) {
    if (::fork() == 0) ::_exit(deliver_all(maildir.get(), i, total / kProcesses));
  }
  if (!all_children_succeeded()) return 1;

  std::set<std::string> found;
  std::size_t longest = 0;
  for (const std::string& name : scratch.names("Maildir/new")) {
    longest = std::max(longest, name.size());
    found.insert(scratch.read("Maildir/new/" + name));
  }
  std::printf("%zu different messages, longest base name %zu octets, %zu files in tmp\n",
              found.size(), longest, scratch.names("Maildir/tmp").size());
  const auto expected = static_cast<std::size_t>(total / kProcesses) * kProcesses;
  return found.size() == expected && scratch.names("Maildir/new").size() == expected &&
                 longest <= lbx::kMaxBaseName
             ? 0
             : 1;
}
