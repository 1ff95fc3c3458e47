// SPDX-License-Identifier: MIT
#include "service/forked_process.h"

#include <unistd.h>

#include <csignal>
#include <exception>

#include "core/base/log.h"

namespace lbx {

void become_ordinary_child() {
  static_cast<void>(std::signal(SIGCHLD, SIG_DFL));
  sigset_t none;
  ::sigemptyset(&none);
  static_cast<void>(::sigprocmask(SIG_SETMASK, &none, nullptr));
}

void run_and_exit(const char* name, const std::function<Result<void>()>& work) {
  int status = 1;
  try {
    const Result<void> done = work();
    if (!done) log(name, {{"why", done.error().what}});
    status = done ? 0 : 1;
  } catch (const std::exception& bug) {
    log(name, {{"why", bug.what()}});
  }
  ::_exit(status);
}

}  // namespace lbx
