// SPDX-License-Identifier: MIT
// letterbox-deliver: one message, from standard input, to one local user, for whatever mail system
// runs it. See letterbox-deliver(8).
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "core/base/digest.h"
#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "core/control/control_directory.h"
#include "core/control/settings.h"
#include "core/message/spool.h"
#include "core/users/delimiters.h"
#include "core/users/own_account.h"
#include "deliver/caller_lines.h"
#include "deliver/engine.h"
#include "deliver/invocation.h"
#include "service/options.h"
#include "service/program.h"

namespace {

using namespace lbx;
using deliver::Invocation;
using deliver::Report;

Result<std::optional<int>> read_command_line(Invocation& to, int argc, char** argv) {
  const CommandLine line{
      "Deliver the message on standard input to one local user.",
      {{"user", &to.user, "the user; else $USER, $LOGNAME, or who runs this"},
       {"home", &to.home, "home directory of the user; else $HOME or passwd(5)"},
       {"ext", &to.ext, "what follows the dash in the address; else $EXTENSION"},
       {"sender", &to.sender, "envelope sender, empty for a bounce; else $SENDER"},
       {"recipient", &to.recipient, "the address; else $RECIPIENT"},
       {"default", &to.default_delivery, "what to do where there is no .qmail file"},
       {"attempt", &to.attempt,
        "what names this delivery over all its attempts; else $LETTERBOX_ATTEMPT"},
       {"exit-codes", &to.exit_codes, "how to end: sysexits (the default) or qmail"}}};
  std::optional<int> ended = LBX_TRY(read_options(line, argc, argv));
  if (to.exit_codes == "sysexits" || to.exit_codes == "qmail") return ended;
  return Error::later("--exit-codes: " + to.exit_codes + " not in {sysexits,qmail} (see --help)");
}

/// Asked for only where it is needed: name services may be slow, or away.
Result<deliver::OwnAccount> own_account(System& system, const Invocation& invocation) {
  if (!deliver::needs_account(invocation, system.environment)) return deliver::OwnAccount{};
  std::optional<users::Account> account = LBX_TRY(users::account_of_uid(system, ::geteuid()));
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

/// The caller's name for the delivery, and the message: mail systems use their queue's names again,
/// and another message must never be taken for this one.
Result<std::string> attempt_name(System& system, const Invocation& invocation, int message) {
  std::string name = deliver::attempt_of(invocation, system.environment);
  if (name.empty()) return name;
  Sha256 digest;
  LBX_TRY(for_each_chunk(system.files, message, [&digest](std::string_view bytes) {
    digest.add(bytes);
    return Result<void>{};
  }));
  return (name += '/') += digest.hex();
}

/// What the options leave open and the control directory says. Opens only what matters.
Result<void> complete(System& system, const control::ControlDirectory& control,
                      Invocation& invocation) {
  if (!invocation.default_delivery) {
    invocation.default_delivery = LBX_TRY(control.get(control::kDefaultDelivery));
  }
  if (deliver::needs_delimiters(invocation, system.environment)) {
    invocation.delimiters = LBX_TRY(users::read_delimiters(control));
  }
  return {};
}

Result<Report> attempt(System& system, Invocation& invocation) {
  if (::geteuid() == 0) return Error::later("will not deliver as root (#4.3.5)");
  ::umask(077);
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  LBX_TRY(complete(system, control, invocation));
  const deliver::OwnAccount account = LBX_TRY(own_account(system, invocation));
  const deliver::Request request =
      LBX_TRY(deliver::to_request(invocation, system.environment, system.host_name, account));
  const UniqueFd message = LBX_TRY(take_message(system, request));

  deliver::Settings settings = LBX_TRY(deliver::read_settings(control));
  settings.attempt = LBX_TRY(attempt_name(system, invocation, message.get()));
  settings.create_maildirs = true;
  settings.capture_output = true;
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
