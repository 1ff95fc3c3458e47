// SPDX-License-Identifier: MIT
// The skeleton of every program of ours: the real collaborators, one function, an exit status.
#pragma once

#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx {

/// What the caller of a program understands: spec/exit-codes.md.
struct ExitCodes {
  int later;
  int never;
  static constexpr ExitCodes qmail() { return {111, 100}; }   // qmail-command(8)
  static constexpr ExitCodes sysexits() { return {75, 69}; }  // EX_TEMPFAIL, EX_UNAVAILABLE
};

/// A program's work. The value is its exit status; an error becomes one by ExitCodes.
using ProgramMain = Result<int> (*)(System& system, int argc, char** argv);

/// Runs `main` with the system's files, clock, randomness and environment. An error is printed on
/// standard error as `NAME: TEXT`. The one place that catches every exception, and makes of it
/// *later*: a bug may delay mail, not bounce it. SIGPIPE and SIGXFSZ are ignored: write(2) tells.
int run_program(const char* name, ExitCodes codes, ProgramMain main, int argc, char** argv);

}  // namespace lbx
