// SPDX-License-Identifier: MIT
// forward: the message to other addresses. See forward(1).
#include "inject/complain.h"
#include "inject/filters.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> forward_main(System& system, int argc, char** argv) {
  const Result<int> code = inject::forward(system, inject::arguments_of(argc, argv));
  if (!code) return inject::fatal(code.error());
  return *code;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("forward", lbx::ExitCodes::qmail(), forward_main, argc, argv);
}
