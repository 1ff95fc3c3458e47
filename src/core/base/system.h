// SPDX-License-Identifier: MIT
// The outside world, made once in main() and handed down. Nothing below calls time(), getpid(),
// gethostname() or getenv().
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/file_ops.h"
#include "core/base/randomness.h"

namespace lbx {

/// Environment variables by name.
using Environment = std::map<std::string, std::string>;

/// The value of `name`, if it is set at all; it may be empty.
std::optional<std::string> lookup(const Environment& environment, const std::string& name);

/// The collaborators must outlive it.
struct System {
  FileOps& files;
  Clock& clock;
  Randomness& randomness;
  pid_t pid;
  std::string host_name;    // as gethostname(2) gives it: may hold any byte
  Environment environment;  // as the program was started with it
};

}  // namespace lbx
