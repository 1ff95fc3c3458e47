// SPDX-License-Identifier: MIT
// How the programs with qmail's names say that something is wrong (CONTRACT 0.3, 1.14, 1.21).
#pragma once

#include <string>

#include "core/base/result.h"

namespace lbx::inject {

/// The exit status of a command line, or an environment, that makes no sense.
inline constexpr int kUsage = 100;

/// Prints `PROGRAM: usage: PROGRAM SYNOPSIS`; the value is kUsage.
int usage(const std::string& program, const std::string& synopsis);

/// What getopt() returned for an option that is none, or lacks its argument, as qmail says it.
/// Its option string begins with ':'.
void complain_about_option(const std::string& program, int option);

/// "fatal: " before the text: run_program() puts the name before it.
Error fatal(Error error);

}  // namespace lbx::inject
