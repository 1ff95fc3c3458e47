// SPDX-License-Identifier: MIT
// The command line of programs that a mail system starts for each message, by getopt_long(3):
// CLI11 (command_line.h) takes longer to say what the options are than a delivery takes. What a
// command line means is the same with both. Options are written out, none may be abbreviated or
// given twice; "--" ends them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace lbx {

/// Where an option leaves what it was given.
using OptionTarget = std::variant<bool*, std::string*, std::optional<std::string>*>;

struct Option {
  const char* name;  // without its dashes
  OptionTarget to;   // a bool: it takes no value
  const char* help;
};

/// A word that is no option. All of them must be there.
struct Operand {
  const char* name;
  std::string* to;
  const char* help;
};

struct CommandLine {
  const char* purpose;
  std::vector<Option> options{};
  std::vector<Operand> operands{};
};

/// Reads the words behind argv[0]. A value is an exit status to end with at once (--help,
/// --version: 0, printed). A command line that makes no sense is an error, Retry::Later. Not for
/// two threads at once.
Result<std::optional<int>> read_options(const CommandLine& line, int argc, char** argv);

}  // namespace lbx
