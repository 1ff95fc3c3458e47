// SPDX-License-Identifier: MIT
// predate: a Date field before the message of a program. See predate(1).
#include "inject/complain.h"
#include "inject/filters.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> predate_main(System& system, int argc, char** argv) {
  const Result<int> code = inject::predate(system, inject::arguments_of(argc, argv));
  if (!code) return inject::fatal(code.error());
  return *code;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("predate", lbx::ExitCodes::qmail(), predate_main, argc, argv);
}
