// SPDX-License-Identifier: MIT
#include "core/base/log.h"

#include <syslog.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/ascii.h"

namespace lbx {
namespace {

bool needs_quotes(std::string_view value) {
  return value.empty() || !std::ranges::all_of(value, [](char c) {
           return ascii::is_graph(c) && c != '"' && c != '\\' && c != '=';
         });
}

std::string quoted(std::string_view value) {
  std::string out{'"'};
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == ' ' || ascii::is_graph(c)) {
      out += c;
    } else {
      out += "\\x" + ascii::to_hex(static_cast<unsigned char>(c), 2);
    }
  }
  return out + '"';
}

}  // namespace

std::string log_line(std::string_view event, std::initializer_list<LogField> fields) {
  std::string line{event};
  for (const auto& [key, value] : fields) {
    ((line += ' ') += key) += '=';
    line += needs_quotes(value) ? quoted(value) : value;
  }
  return line + '\n';
}

void log(std::string_view event, std::initializer_list<LogField> fields) {
  const std::string line = log_line(event, fields);
  // Nothing can be done for a log that cannot be written.
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

void log_to_system(std::string_view event, std::initializer_list<LogField> fields) {
  ::openlog("letterbox", LOG_PID, LOG_MAIL);
  ::syslog(LOG_WARNING, "%s", log_line(event, fields).c_str());
}

}  // namespace lbx
