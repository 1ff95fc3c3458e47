// SPDX-License-Identifier: MIT
// qmail-pw2u: passwd(5) on standard input, users/assign on standard output. See qmail-pw2u(8).
#include <unistd.h>

#include <optional>
#include <string>

#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "inject/complain.h"
#include "inject/passwd_assign.h"
#include "service/program.h"

namespace {

using namespace lbx;
using inject::HomeRule;

/// The options, or nothing where they are wrong (CONTRACT 0.3). '+': they end at the first word
/// that is none.
std::optional<inject::PasswdRules> read_options(int argc, char** argv) {
  inject::PasswdRules rules;
  for (int option = 0; (option = ::getopt(argc, argv, "+:/ohHuUc:C")) != -1;) {
    switch (option) {
      case '/':
        rules.dash = "-/";
        break;
      case 'o':
        rules.homes = HomeRule::Owned;
        break;
      case 'h':
        rules.homes = HomeRule::MustExist;
        break;
      case 'H':
        rules.homes = HomeRule::Ignore;
        break;
      case 'u':
        rules.upper_case = true;
        break;
      case 'U':
        rules.upper_case = false;
        break;
      case 'c':
        rules.break_character = *optarg;
        break;
      case 'C':
        rules.break_character.reset();
        break;
      default:
        inject::complain_about_option("qmail-pw2u", option);
        return std::nullopt;
    }
  }
  return rules;
}

Result<std::string> convert(System& system, const inject::PasswdRules& rules) {
  const inject::PasswdLists lists =
      LBX_TRY(inject::read_passwd_lists(system.files, mail_home(system.environment)));
  const std::string passwd =
      LBX_TRY(read_whole(system.files, STDIN_FILENO, inject::kMaxPasswdOctets, "standard input"));
  return inject::assignments_of(system.files, passwd, rules, lists);
}

Result<int> pw2u_main(System& system, int argc, char** argv) {
  const std::optional<inject::PasswdRules> rules = read_options(argc, argv);
  if (!rules) return inject::kUsage;
  Result<std::string> text = convert(system, *rules);
  if (!text) return inject::fatal(Error::later(text.error().what));
  LBX_TRY(write_all(system.files, STDOUT_FILENO, *text));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("qmail-pw2u", lbx::ExitCodes::qmail(), pw2u_main, argc, argv);
}
