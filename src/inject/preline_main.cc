// SPDX-License-Identifier: MIT
// preline: lines about the delivery before the message of a program. See preline(1).
#include "inject/complain.h"
#include "inject/filters.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> preline_main(System& system, int argc, char** argv) {
  const Result<int> code = inject::preline(system, argc, argv);
  if (!code) return inject::fatal(code.error());
  return *code;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("preline", lbx::ExitCodes::qmail(), preline_main, argc, argv);
}
