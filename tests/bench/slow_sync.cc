// SPDX-License-Identifier: MIT
// For LD_PRELOAD: every flush takes SLOW_SYNC_MS milliseconds longer, as on a slower disk.
#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

void pause() {
  static const char* const text = std::getenv("SLOW_SYNC_MS");
  if (text != nullptr) std::this_thread::sleep_for(std::chrono::milliseconds{std::atoi(text)});
}

int call_next(const char* name, int fd) {
  pause();
  // dlsym(3) gives functions as objects.
  return reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, name))(fd);  // NOLINT
}

}  // namespace

extern "C" int fsync(int fd) {
  return call_next("fsync", fd);
}
extern "C" int fdatasync(int fd) {
  return call_next("fdatasync", fd);
}
extern "C" int syncfs(int fd) noexcept {
  return call_next("syncfs", fd);
}
