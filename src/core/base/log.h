// SPDX-License-Identifier: MIT
// Log lines: one per event on standard error, `event key=value …`, without passwords or text of
// messages. Time and rotation belong to whoever supervises the program.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace lbx {

using LogField = std::pair<std::string_view, std::string>;

/// The line, with its newline. A value with blanks, quotes, control or 8-bit octets is put in
/// quotes and escaped, so that a line stays a line whatever a peer sent.
std::string log_line(std::string_view event, std::initializer_list<LogField> fields);

/// Writes it to standard error in one write(2).
void log(std::string_view event, std::initializer_list<LogField> fields);

/// Gives it to syslog(3) as mail, a warning: for what happens when nobody reads our standard error
/// any more.
void log_to_system(std::string_view event, std::initializer_list<LogField> fields);

}  // namespace lbx
