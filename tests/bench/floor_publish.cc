// SPDX-License-Identifier: MIT
// The least that many durable deliveries can be, as a yardstick: THREADS threads, each with a
// Maildir FOLDER/u0/Maildir, FOLDER/u1/Maildir... of its own, create, write, fsync and rename
// COUNT files with the contents of FILE in all, and fsync new/ after each. Prints how many a
// second. usage: floor_publish FOLDER THREADS COUNT FILE
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace {

bool publish(int maildir, int new_directory, const std::string& name, const std::string& mail) {
  const std::string from = "tmp/" + name;
  const int file = ::openat(maildir, from.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written =
      file >= 0 && ::write(file, mail.data(), mail.size()) == static_cast<ssize_t>(mail.size()) &&
      ::fsync(file) == 0 && ::close(file) == 0;
  return written && ::renameat(maildir, from.c_str(), maildir, ("new/" + name).c_str()) == 0 &&
         ::fsync(new_directory) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int threads = std::atoi(argv[2]);
  const int count = std::atoi(argv[3]);
  std::ifstream file{argv[4], std::ios::binary};
  const std::string mail{std::istreambuf_iterator<char>{file}, {}};
  std::atomic<int> next{0};
  std::atomic<bool> failed{false};
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      const std::string path = std::string{argv[1]} + "/u" + std::to_string(i) + "/Maildir";
      const int maildir = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
      const int fresh = ::openat(maildir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      for (int mine = next++; mine < count && !failed; mine = next++) {
        if (!publish(maildir, fresh, std::to_string(mine), mail)) failed = true;
      }
    });
  }
  for (std::thread& each : running) each.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.0f\n", count / took.count());
  return failed ? 1 : 0;
}
