// SPDX-License-Identifier: MIT
// mailsubj: standard input as a message with a subject. See mailsubj(1).
#include "inject/complain.h"
#include "inject/filters.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> mailsubj_main(System& system, int argc, char** argv) {
  const Result<int> code = inject::mailsubj(system, inject::arguments_of(argc, argv));
  if (!code) return inject::fatal(code.error());
  return *code;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("mailsubj", lbx::ExitCodes::qmail(), mailsubj_main, argc, argv);
}
