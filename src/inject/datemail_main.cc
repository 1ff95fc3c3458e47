// SPDX-License-Identifier: MIT
// datemail: sendmail with a Date field in the local zone. See datemail(1).
#include "inject/complain.h"
#include "inject/filters.h"
#include "service/program.h"

namespace {

using namespace lbx;

Result<int> datemail_main(System& system, int argc, char** argv) {
  const Result<int> code = inject::datemail(system, inject::arguments_of(argc, argv));
  if (!code) return inject::fatal(code.error());
  return *code;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("datemail", lbx::ExitCodes::qmail(), datemail_main, argc, argv);
}
