// SPDX-License-Identifier: MIT
// except: the opposite of a program. See except(1).
#include "inject/complain.h"
#include "inject/filters.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> except_main(System& system, int argc, char** argv) {
  const Result<int> code = inject::except(system, inject::arguments_of(argc, argv));
  if (!code) return inject::fatal(code.error());
  return *code;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("except", lbx::ExitCodes::qmail(), except_main, argc, argv);
}
