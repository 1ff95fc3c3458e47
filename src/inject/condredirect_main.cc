// SPDX-License-Identifier: MIT
// condredirect: the message to another address, if a program says so. See condredirect(1).
#include "inject/complain.h"
#include "inject/filters.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> condredirect_main(System& system, int argc, char** argv) {
  const Result<int> code = inject::condredirect(system, inject::arguments_of(argc, argv));
  if (!code) return inject::fatal(code.error());
  return *code;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("condredirect", lbx::ExitCodes::qmail(), condredirect_main, argc, argv);
}
