// SPDX-License-Identifier: MIT
// letterbox-when: a condition for .qmail files. See letterbox-when(1).
#include <unistd.h>

#include "deliver/when.h"
#include "service/options.h"
#include "service/program.h"

namespace {

using namespace lbx;

constexpr int kYes = 0;
constexpr int kNo = 99;  // qmail-command(8): the lines that follow are not carried out

Result<int> when_main(System& system, int argc, char** argv) {
  deliver::WhenOptions options;
  bool negate = false;
  const CommandLine line{
      "Whether the message on standard input has a header field that matches.",
      {{"regex", &options.regex, "the pattern is an extended regular expression"},
       {"case", &options.case_sensitive, "upper and lower case differ"},
       {"not", &negate, "when no such field matches"}},
      {{"header", &options.header, "the name of the field"},
       {"pattern", &options.pattern, "of its value: * ? [abc], or see --regex"}}};
  const std::optional<int> ended = LBX_TRY(read_options(line, argc, argv));
  if (ended) return *ended;
  const bool found = LBX_TRY(deliver::matches(system.files, STDIN_FILENO, options));
  return found != negate ? kYes : kNo;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("letterbox-when", lbx::ExitCodes::qmail(), when_main, argc, argv);
}
