// SPDX-License-Identifier: MIT
// qmail-popup HOSTNAME SUBPROGRAM [ARGS]: name and password of a POP3 client on descriptors 0 and
// 1, for a checkpassword program that runs the session. See qmail-popup(8).
#include <cstdio>
#include <optional>

#include "pop3d/checkpassword.h"
#include "pop3d/session.h"
#include "service/program.h"
#include "service/stdio_driver.h"

namespace {

using namespace lbx;

constexpr int kAlways = 1;  // CONTRACT 1.17: the exit status says nothing

class Recorder final : public pop3d::Accounts {
 public:
  std::optional<pop3d::Credentials> credentials;

  pop3d::LoginOutcome log_in(const pop3d::Credentials& given) override {
    credentials = given;
    return pop3d::Refusal::HandedOver;
  }
};

int say(const char* text) {
  static_cast<void>(std::fputs(text, stdout));
  static_cast<void>(std::fflush(stdout));
  return kAlways;
}

Result<int> popup_main(System& system, int argc, char** argv) {
  if (argc < 3) return say("-ERR usage: qmail-popup hostname subprogram\n");
  const std::string timestamp = '<' + std::to_string(system.pid) + '.' +
                                std::to_string(system.clock.now().seconds) + '@' + argv[1] + '>';
  pop3d::Settings settings;
  settings.dialect = pop3d::Dialect::Qmail;
  settings.greeting = timestamp;
  settings.offer_apop = true;
  settings.login_limit = settings.idle_limit;
  Recorder recorder;
  pop3d::Session session{settings, recorder};

  StdioOptions one_by_one;  // what follows the password belongs to the subprogram
  one_by_one.read_size = 1;
  if (!converse(session, one_by_one) || !recorder.credentials) return kAlways;

  const Result<pop3d::ChildEnd> end =
      pop3d::run_checkpassword(argv + 2, *recorder.credentials, timestamp);
  if (!end) return say("-ERR unable to fork\r\n");
  if (end->crashed) return say("-ERR aack, child crashed\r\n");
  if (end->exit_status != 0) return say("-ERR authorization failed\r\n");
  return kAlways;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("qmail-popup", {kAlways, kAlways}, popup_main, argc, argv);
}
