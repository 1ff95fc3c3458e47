// SPDX-License-Identifier: MIT
// letterbox-when: a condition for .qmail files. See letterbox-when(1).
#include <unistd.h>

#include "deliver/when.h"
#include "service/command_line.h"
#include "service/program.h"

namespace {

using namespace lbx;

constexpr int kYes = 0;
constexpr int kNo = 99;  // qmail-command(8): the lines that follow are not carried out

Result<int> when_main(System& system, int argc, char** argv) {
  deliver::WhenOptions options;
  bool negate = false;
  CLI::App app{"Whether the message on standard input has a header field that matches."};
  app.add_option("header", options.header, "the name of the field")->required();
  app.add_option("pattern", options.pattern, "of its value: * ? [abc], or see --regex")->required();
  app.add_flag("--regex", options.regex, "the pattern is an extended regular expression");
  app.add_flag("--case", options.case_sensitive, "upper and lower case differ");
  app.add_flag("--not", negate, "when no such field matches");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  const bool found = LBX_TRY(deliver::matches(system.files, STDIN_FILENO, options));
  return found != negate ? kYes : kNo;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("letterbox-when", lbx::ExitCodes::qmail(), when_main, argc, argv);
}
