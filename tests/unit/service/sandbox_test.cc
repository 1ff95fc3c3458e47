// SPDX-License-Identifier: MIT
// Each try is made by a child in the sandbox, as it binds for good.
#include "service/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <thread>

#include "core/base/unique_fd.h"
#include "support/scratch.h"

namespace lbx {
namespace {

using testing_support::ScratchDirectory;
using Work = std::function<bool()>;

/// Whether `work` came to what it says, in a process that `confine` has bound.
bool holds_in(const std::function<Result<void>()>& confine, const Work& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (!confine()) ::_exit(2);
    ::_exit(work() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool kernel_has_landlock() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0},
                   LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

bool fails_with(bool failed, std::initializer_list<int> errors) {
  const int error = errno;
  if (!failed) return false;
  for (const int each : errors) {
    if (error == each) return true;
  }
  return false;
}

bool cannot_open(const std::string& path) {
  return fails_with(::open(path.c_str(), O_RDONLY | O_CLOEXEC) < 0, {EPERM, EACCES});
}

bool cannot_execute() {
  char name[] = "/bin/true";
  char* const argv[] = {name, nullptr};
  return fails_with(::execv(name, argv) != 0, {EPERM, EACCES});
}

bool cannot_make_a_socket() {
  return fails_with(::socket(AF_INET, SOCK_STREAM, 0) < 0, {EPERM});
}

TEST(SandboxTest, AFrontCannotOpenRunOrConnectAnything) {
  const int before = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(9);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto cannot_connect = [&] {
    const auto* const generic = reinterpret_cast<const sockaddr*>(&where);
    return fails_with(::connect(before, generic, sizeof where) != 0, {EPERM, EACCES});
  };
  const auto cannot_fork = [] { return fails_with(::fork() < 0, {EPERM}); };
  const auto cannot_make_code = [] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
  };
  EXPECT_TRUE(holds_in(confine_to_descriptors, [] { return cannot_open("/etc/passwd"); }));
  EXPECT_TRUE(holds_in(confine_to_descriptors, cannot_execute));
  EXPECT_TRUE(holds_in(confine_to_descriptors, cannot_make_a_socket));
  EXPECT_TRUE(holds_in(confine_to_descriptors, cannot_connect));
  EXPECT_TRUE(holds_in(confine_to_descriptors, cannot_fork));
  EXPECT_TRUE(holds_in(confine_to_descriptors, cannot_make_code));
  ::close(before);
}

TEST(SandboxTest, AFrontCanTalkOverWhatItHas) {
  EXPECT_TRUE(holds_in(confine_to_descriptors, [] {
    int ends[2] = {-1, -1};
    char octet = 0;
    return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && ::write(ends[0], "x", 1) == 1 &&
           ::read(ends[1], &octet, 1) == 1 && octet == 'x';
  }));
}

TEST(SandboxTest, AFrontThatSpoolsHasItsOwnFilesAndNoOthers) {
  ScratchDirectory scratch;
  const std::string folder = scratch.path("");
  const auto confine = [&] { return confine_to_spool(folder); };
  EXPECT_TRUE(holds_in(confine, [&] {
    const int large = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    const int small = ::memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    for (const int each : {large, small}) {
      const std::string self = "/proc/self/fd/" + std::to_string(each);
      char octet = 0;
      if (each < 0 || ::write(each, "x", 1) != 1) return false;
      const int again = ::open(self.c_str(), O_RDONLY | O_CLOEXEC);
      if (again < 0 || ::read(again, &octet, 1) != 1 || octet != 'x') return false;
    }
    return true;
  }));
  if (kernel_has_landlock()) {
    EXPECT_TRUE(holds_in(confine, [] { return cannot_open("/etc/passwd"); }));
  }
  EXPECT_TRUE(holds_in(confine, cannot_execute));
  EXPECT_TRUE(holds_in(confine, cannot_make_a_socket));
  EXPECT_TRUE(holds_in(confine, [] { return fails_with(::fork() < 0, {EPERM}); }));
}

TEST(SandboxTest, AStoreHasItsFilesThreadsAndGuestsOnly) {
  ScratchDirectory scratch;
  const std::string folder = scratch.path("store");
  ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
  const auto confine = [&] { return confine_to_store(folder, {}); };
  EXPECT_TRUE(holds_in(confine, [&] {
    const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    const std::string self = "/proc/self/fd/" + std::to_string(file);
    const std::string name = folder + "/name";
    bool written = false;
    std::thread{[&] { written = ::pwrite(file, "x", 1, 0) == 1 && ::fsync(file) == 0; }}.join();
    return written &&
           ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0 &&
           ::open(name.c_str(), O_RDONLY | O_CLOEXEC) >= 0 && ::unlink(name.c_str()) == 0;
  }));
  EXPECT_TRUE(holds_in(confine, [] { return fails_with(::fork() < 0, {EPERM}); }));
  EXPECT_TRUE(holds_in(confine, cannot_execute));
  EXPECT_TRUE(holds_in(confine, cannot_make_a_socket));
}

TEST(SandboxTest, AStoreReadsItsSettingsAndChangesNone) {
  if (!kernel_has_landlock()) GTEST_SKIP() << "this kernel has no Landlock";
  ScratchDirectory scratch;
  for (const char* const each : {"store", "control"}) {
    ASSERT_EQ(::mkdir(scratch.path(each).c_str(), 0700), 0);
  }
  for (const char* const each : {"control/me", "linked", "other"}) {
    const UniqueFd file{::open(scratch.path(each).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    ASSERT_TRUE(file);
  }
  const auto confine = [&] {
    return confine_to_store(scratch.path("store"),
                            {scratch.path("control"), scratch.path("linked")});
  };
  const auto can_read = [](const std::string& path) {
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC) >= 0;
  };
  const auto cannot_write = [](const std::string& path) {
    return fails_with(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0,
                      {EPERM, EACCES});
  };
  EXPECT_TRUE(holds_in(confine, [&] {
    return can_read(scratch.path("control/me")) && can_read(scratch.path("linked"));
  }));
  for (const char* const each : {"control/me", "control/new", "linked", "other", "new"}) {
    EXPECT_TRUE(holds_in(confine, [&] { return cannot_write(scratch.path(each)); })) << each;
  }
  EXPECT_TRUE(holds_in(confine, [&] { return cannot_open(scratch.path("other")); }));
  EXPECT_TRUE(holds_in(confine, [] { return cannot_open("/etc/passwd"); }));
}

TEST(SandboxTest, ASessionSeesItsFoldersAndNoneBeside) {
  if (!kernel_has_landlock()) GTEST_SKIP() << "this kernel has no Landlock";
  ScratchDirectory scratch;
  for (const char* const each : {"mine", "others"}) {
    ASSERT_EQ(::mkdir(scratch.path(each).c_str(), 0700), 0);
    const int file = ::open(scratch.path(std::string{each} + "/mail").c_str(),
                            O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    ::close(file);
  }
  const auto confine = [&] { return confine_to_folders({scratch.path("mine")}); };
  EXPECT_TRUE(holds_in(confine, [&] {
    return ::open(scratch.path("mine/mail").c_str(), O_RDWR | O_CLOEXEC) >= 0 &&
           ::rename(scratch.path("mine/mail").c_str(), scratch.path("mine/new").c_str()) == 0 &&
           ::unlink(scratch.path("mine/new").c_str()) == 0;
  }));
  EXPECT_TRUE(holds_in(confine, [&] { return cannot_open(scratch.path("others/mail")); }));
  EXPECT_TRUE(holds_in(confine, [] { return cannot_open("/etc/passwd"); }));
  EXPECT_TRUE(holds_in(confine, [&] {
    return fails_with(::unlink(scratch.path("others/mail").c_str()) != 0, {EACCES, EPERM});
  }));
  EXPECT_TRUE(holds_in(confine, cannot_execute));
  EXPECT_TRUE(holds_in(confine, cannot_make_a_socket));
}

}  // namespace
}  // namespace lbx
