// SPDX-License-Identifier: MIT
// The command line of sendmail, as programs use it (CONTRACT 1.15), made into what runs instead.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx::inject {

/// Octets of the envelope id (-V) at most: RFC 3461 section 4.4.
inline constexpr std::size_t kMaxEnvelopeId = 100;

/// A program of ours, with its arguments and its environment.
struct Replacement {
  std::string program;  // empty: there is nothing to do
  std::vector<std::string> arguments;
  Environment environment;
};

/// Reads the options with getopt(3). Nothing where they are wrong, which has been said then. The
/// name decides too: mailq, newaliases. The latter is an error, Retry::Never.
Result<std::optional<Replacement>> read_sendmail(int argc, char** argv, Environment environment);

}  // namespace lbx::inject
