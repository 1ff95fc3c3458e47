// SPDX-License-Identifier: MIT
#include "service/program.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "core/base/process.h"

namespace lbx {
namespace {

Environment environment_of(char** variables) {
  Environment environment;
  for (char** each = variables; each != nullptr && *each != nullptr; ++each) {
    const std::string_view text{*each};
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

int report(const char* name, ExitCodes codes, Retry retry, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", name, what.c_str());
  return retry == Retry::Never ? codes.never : codes.later;
}

}  // namespace

int run_program(const char* name, ExitCodes codes, ProgramMain main, int argc, char** argv) {
  ignore_write_signals();
  try {
    PosixFileOps files;
    SystemClock clock;
    SystemRandomness randomness;
    System system{files, clock, randomness, ::getpid(), host_name(), environment_of(environ)};
    const Result<int> status = main(system, argc, argv);
    if (status) return *status;
    return report(name, codes, status.error().retry, status.error().what);
  } catch (const std::exception& bug) {
    return report(name, codes, Retry::Later, std::string{"internal error: "} + bug.what());
  } catch (...) {
    return report(name, codes, Retry::Later, "internal error");
  }
}

}  // namespace lbx
