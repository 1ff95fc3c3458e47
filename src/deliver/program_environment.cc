// SPDX-License-Identifier: MIT
#include "deliver/program_environment.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/dotqmail/environment.h"

namespace lbx::deliver {
namespace {

constexpr std::array<std::string_view, 8> kPassed{
    "LANG", "LANGUAGE", "LETTERBOX_HOME", "PATH", "QMAILQUEUE", "SHELL", "TMPDIR", "TZ"};

bool is_passed(std::string_view name) {
  return name.starts_with("LC_") || std::ranges::find(kPassed, name) != kPassed.end();
}

/// What a program of a login shell would find, too.
Environment few(const Environment& ours, const Environment& variables) {
  Environment out{{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"SHELL", "/bin/sh"}};
  for (const auto& [name, value] : ours) {
    if (is_passed(name)) out[name] = value;
  }
  if (const auto user = lookup(variables, "USER")) out["LOGNAME"] = *user;
  return out;
}

}  // namespace

Environment program_environment(const Environment& ours, const Settings& settings,
                                const Environment& variables) {
  return dotqmail::with_variables(settings.pass_environment ? ours : few(ours, variables),
                                  variables);
}

}  // namespace lbx::deliver
