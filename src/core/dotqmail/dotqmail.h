// SPDX-License-Identifier: MIT
// What a .qmail file says, as data. Parsing opens no file, runs no program, looks up no user: text
// comes in, steps go out, and deliver/ carries them out in order. A mistake in a line is met only
// when delivery comes to that line (CONTRACT 2.8), so a script is the steps before the first
// mistake, and then the mistake. See dot-qmail(5).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace lbx::dotqmail {

/// Octets of a .qmail file at most.
inline constexpr std::size_t kMaxFileOctets = std::size_t{4} * 1024 * 1024;
/// Lines of a .qmail file at most, comments included.
inline constexpr std::size_t kMaxLines = 100'000;

// What a line names is kept as it stands there, any octet but LF: whoever opens or runs it stops
// at a NUL, as qmail does.

struct ToMaildir {  // "./Maildir/": begins with '.' or '/', ends with '/'
  std::string path;
  bool operator==(const ToMaildir&) const = default;
};
struct ToMbox {  // "./Mailbox": the same without the '/' at the end
  std::string path;
  bool operator==(const ToMbox&) const = default;
};
struct ToProgram {  // "|command": for sh -c, as in qmail-command(8)
  std::string command;
  bool operator==(const ToProgram&) const = default;
};
struct ToAddress {      // "&user@host", or any line that begins with none of the other signs
  std::string address;  // never parsed, qualified or checked: the queue decides
  bool operator==(const ToAddress&) const = default;
};

/// To add a kind of delivery, add it here: the compiler then lists every std::visit to extend.
using Instruction = std::variant<ToMaildir, ToMbox, ToProgram, ToAddress>;

/// One line. Comments, later blank lines and "+" lines have no instruction and do nothing.
struct Step {
  std::size_t line;  // from 1
  std::string text;  // without blanks at its end
  std::optional<Instruction> instruction;
  bool operator==(const Step&) const = default;
};

enum class Mistake { BlankFirstLine, ProgramForbidden, FileForbidden };

/// Where a script ends before its time.
struct Fault {
  std::size_t line;
  std::string text;
  Mistake mistake;
  bool operator==(const Fault&) const = default;
};

struct Script {
  std::vector<Step> steps;
  std::optional<Fault> fault;  // met after all the steps
  bool operator==(const Script&) const = default;
};

/// A file that has its execute bit set may forward, and nothing else; the line "+list" says the
/// same for the lines below it.
enum class Permit { Everything, ForwardOnly };

/// The only error is a text beyond kMaxLines: Retry::Later, and no line of it runs.
Result<Script> parse(std::string_view text, Permit permit);

/// The line that parse() reads back as `instruction`.
std::string to_line(const Instruction& instruction);

/// The text that parse() reads back as `script`.
std::string to_string(const Script& script);

}  // namespace lbx::dotqmail
