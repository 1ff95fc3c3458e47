// SPDX-License-Identifier: MIT
// The least that a durable delivery can be, as a yardstick: copy standard input to tmp/PID, fsync,
// rename into new/, fsync new/. No name rules, no checks, no errors but exit 1.
// usage: floor_deliver MAILDIR
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2 || ::chdir(argv[1]) != 0) return 1;
  const std::string name = std::to_string(::getpid());
  const std::string from = "tmp/" + name;
  const int out = ::open(from.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0) break;
    if (got < 0 || ::write(out, buffer, static_cast<std::size_t>(got)) != got) return 1;
  }
  if (::fsync(out) != 0 || ::rename(from.c_str(), ("new/" + name).c_str()) != 0) return 1;
  const int directory = ::open("new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return ::fsync(directory) == 0 ? 0 : 1;
}
