// SPDX-License-Identifier: MIT
// qreceipt: a receipt for the sender, where he asked for one. See qreceipt(1).
#include "inject/complain.h"
#include "inject/filters.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> qreceipt_main(System& system, int argc, char** argv) {
  const Result<int> code = inject::qreceipt(system, inject::arguments_of(argc, argv));
  if (!code) return inject::fatal(code.error());
  return *code;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qreceipt", lbx::ExitCodes::qmail(), qreceipt_main, argc, argv);
}
