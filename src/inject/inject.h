// SPDX-License-Identifier: MIT
// A message on standard input, submitted: the work of qmail-inject (CONTRACT 1.14).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx::inject {

/// Octets of the file that $QMAILMFTFILE names, at most.
inline constexpr std::size_t kMaxListsFile = std::size_t{1024} * 1024;

struct Request {
  enum class Recipients { ArgumentsElseHeader, Arguments, Header, Both };
  Recipients recipients{Recipients::ArgumentsElseHeader};
  bool print{false};  // to standard output, instead of to the queue
  std::optional<std::string> sender;
  std::vector<std::string> arguments;
};

/// Reads the header, completes it, and hands header and body to the queue. A header that makes no
/// sense is an error before anything is queued.
Result<void> submit(System& system, const Request& request);

}  // namespace lbx::inject
