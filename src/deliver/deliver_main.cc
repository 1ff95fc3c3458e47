// SPDX-License-Identifier: MIT
// letterbox-deliver: one message, from standard input, to one local user, for whatever mail system
// runs it. See letterbox-deliver(8).
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "core/base/mail_home.h"
#include "core/message/spool.h"
#include "core/users/accounts.h"
#include "deliver/caller_lines.h"
#include "deliver/engine.h"
#include "deliver/invocation.h"
#include "service/command_line.h"
#include "service/program.h"

namespace {

using namespace lbx;
using deliver::Invocation;
using deliver::Report;

Result<std::optional<int>> read_command_line(Invocation& to, int argc, char** argv) {
  CLI::App app{"Deliver the message on standard input to one local user."};
  app.add_option("--user", to.user, "the user; else $USER, $LOGNAME, or who runs this");
  app.add_option("--home", to.home, "home directory of the user; else $HOME or passwd(5)");
  app.add_option("--ext", to.ext, "what follows the dash in the address; else $EXTENSION");
  app.add_option("--sender", to.sender, "envelope sender, empty for a bounce; else $SENDER");
  app.add_option("--recipient", to.recipient, "the address; else $RECIPIENT");
  app.add_option("--default", to.default_delivery, "what to do where there is no .qmail file")
      ->capture_default_str();
  app.add_option("--attempt", to.attempt, "a name of this delivery, the same at each attempt");
  app.add_option("--exit-codes", to.exit_codes, "how to end")
      ->check(CLI::IsMember({"sysexits", "qmail"}))
      ->capture_default_str();
  return parse_command_line(app, argc, argv);
}

/// Asked for only where it is needed: name services may be slow, or away.
Result<deliver::OwnAccount> own_account(const System& system, const Invocation& invocation) {
  if (!deliver::needs_account(invocation, system.environment)) return deliver::OwnAccount{};
  std::optional<users::Account> account = LBX_TRY(users::SystemAccounts::by_uid(::geteuid()));
  if (!account) return deliver::OwnAccount{};
  return deliver::OwnAccount{account->name, account->home};
}

/// The message as a seekable descriptor without what our caller wrote before it.
Result<UniqueFd> take_message(System& system, const deliver::Request& request) {
  const std::string delivered_to = dotqmail::envelope_lines(request, {}).delivered_to;
  return spool(system, STDIN_FILENO, [&](const std::string& head) {
    return deliver::without_caller_lines(head, delivered_to);
  });
}

Result<Report> attempt(System& system, const Invocation& invocation) {
  if (::geteuid() == 0) return Error::later("will not deliver as root (#4.3.5)");
  ::umask(077);
  const deliver::OwnAccount account = LBX_TRY(own_account(system, invocation));
  const deliver::Request request =
      LBX_TRY(deliver::to_request(invocation, system.environment, system.host_name, account));
  const UniqueFd message = LBX_TRY(take_message(system, request));

  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  deliver::Settings settings = LBX_TRY(deliver::read_settings(control));
  settings.create_maildirs = true;
  settings.capture_output = true;
  settings.attempt = invocation.attempt;
  return deliver::deliver(system, request, settings, message.get()).report;
}

/// The one line, and nothing where the message has arrived: callers read it as the reason, and
/// some of them take the first or the last line for it (spec/exit-codes.md).
int finish(System& system, const Report& report, deliver::ExitStyle style) {
  if (::isatty(STDIN_FILENO) == 0) drain(system.files, STDIN_FILENO);
  if (!report.done()) std::printf("%s\n", deliver::status_line(report).c_str());
  return deliver::exit_code(report, style);
}

Result<int> deliver_main(System& system, int argc, char** argv) {
  Invocation invocation;
  const Result<std::optional<int>> ended = read_command_line(invocation, argc, argv);
  if (ended && *ended) return **ended;
  const Result<Report> report = ended ? attempt(system, invocation) : Result<Report>{ended.error()};
  return finish(system, report ? *report : Report::later(report.error().what),
                invocation.exit_style());
}

}  // namespace

int main(int argc, char** argv) {
  return lbx::run_program("letterbox-deliver", lbx::ExitCodes::sysexits(), deliver_main, argc,
                          argv);
}
