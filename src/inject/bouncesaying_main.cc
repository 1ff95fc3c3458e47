// SPDX-License-Identifier: MIT
// bouncesaying: the message back to its sender, if a program says so. See bouncesaying(1).
#include "inject/complain.h"
#include "inject/filters.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> bouncesaying_main(System& system, int argc, char** argv) {
  const Result<int> code = inject::bouncesaying(system, inject::arguments_of(argc, argv));
  if (!code) return inject::fatal(code.error());
  return *code;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("bouncesaying", lbx::ExitCodes::qmail(), bouncesaying_main, argc, argv);
}
