// SPDX-License-Identifier: MIT
// Runs a command COUNT times, PARALLEL at once, each with FILE as standard input, and prints how
// many runs a second that made, and how many ms of CPU time each took. Exits 1 if a run failed.
// usage: spawn_rate COUNT PARALLEL FILE COMMAND [ARGUMENT...]
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

bool start(const char* input, char** command) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, command[0], &actions, nullptr, command, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return failed == 0;
}

bool reap() {
  int status = 0;
  return ::wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

double cpu_ms_of_children() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(used.ru_utime) + ms(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const int count = std::atoi(argv[1]);
  const int parallel = std::atoi(argv[2]);
  int failures = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) {
    if (i >= parallel && !reap()) ++failures;
    if (!start(argv[3], argv + 4)) return 1;
  }
  for (int i = 0; i < (count < parallel ? count : parallel); ++i) failures += reap() ? 0 : 1;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.0f %.3f\n", count / took.count(), cpu_ms_of_children() / count);
  return failures == 0 ? 0 : 1;
}
