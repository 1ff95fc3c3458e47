// SPDX-License-Identifier: MIT
#include "admin/password_input.h"

#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "core/base/constant_time.h"
#include "service/auth/prepare.h"

namespace lbx::admin {
namespace {

/// No echo, as long as it lives; the keys that would end us before it is back are held off.
class NoEcho {
 public:
  explicit NoEcho(int fd) : fd_{fd} {
    ::sigemptyset(&held_);
    for (const int signal : {SIGINT, SIGQUIT, SIGTSTP, SIGTERM}) ::sigaddset(&held_, signal);
    ::sigprocmask(SIG_BLOCK, &held_, &before_);
    ::tcgetattr(fd_, &old_);
    termios quiet = old_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd_, TCSAFLUSH, &quiet);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() {
    ::tcsetattr(fd_, TCSAFLUSH, &old_);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  int fd_;
  sigset_t held_{};
  sigset_t before_{};
  termios old_{};
};

/// Octet by octet: what follows belongs to whoever reads next. Without the end of the line.
Result<std::string> read_line(FileOps& files, int fd) {
  std::string line;
  for (char c = 0;;) {
    const std::size_t got = LBX_TRY(files.read(fd, &c, 1));
    if (got == 0 || c == '\n') break;
    if (line.size() > auth::kMaxPassword) return Error::never("a password that is too long");
    line += c;
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

/// What is typed before the question is dropped, what follows it is not.
Result<std::string> ask_once(FileOps& files, int fd, const std::string& question) {
  const NoEcho quiet{fd};
  static_cast<void>(std::fputs(question.c_str(), stderr));
  Result<std::string> line = read_line(files, fd);
  static_cast<void>(std::fputs("\n", stderr));
  return line;
}

}  // namespace

Result<std::string> ask_password(FileOps& files, int fd, const std::string& name) {
  if (::isatty(fd) == 0) return read_line(files, fd);
  std::string password = LBX_TRY(ask_once(files, fd, "Password of " + name + ": "));
  std::string again = LBX_TRY(ask_once(files, fd, "Again: "));
  const bool same = equal_in_constant_time(password, again);
  auth::wipe(again);
  if (!same) return Error::never("these are two passwords");
  return password;
}

}  // namespace lbx::admin
