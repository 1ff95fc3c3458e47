// SPDX-License-Identifier: MIT
// Programs that decide who somebody is: name and password go to their descriptor 3, as the
// checkpassword interface has it (CONTRACT 1.17). One that takes too long is killed, and nobody
// waits for what it has left behind.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/process.h"
#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx::auth {

/// Octets of what a program reports at most.
inline constexpr std::size_t kMaxReport = 8192;

/// The exit status of who knows that it is not the user; 111 is that of who cannot tell now.
inline constexpr int kHelperRefuses = 1;

struct HelperCall {
  std::vector<std::string> argv;
  std::string credentials;       // for its descriptor 3; less than what a pipe holds
  std::optional<int> report_on;  // its descriptor for a report, which is one write
  std::chrono::milliseconds limit;
};

struct HelperReport {
  std::string text;
  uid_t uid;  // of the process that sent it, by the kernel's word
  gid_t gid;
};

struct HelperResult {
  ExitStatus status;
  std::optional<HelperReport> report;
};

/// An error, Retry::Later, where it could not be started or did not end in time.
Result<HelperResult> run_helper(const System& system, const HelperCall& call);

}  // namespace lbx::auth
