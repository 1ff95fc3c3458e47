// SPDX-License-Identifier: MIT
#include "inject/sendmail.h"

#include <unistd.h>

#include <string_view>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/path.h"
#include "inject/complain.h"
#include "inject/notification.h"

namespace lbx::inject {
namespace {

// '+': options end at the first word that is none. Ours: -t -f -r -F -b -q -N -R -V; the others say
// how other mail systems should do their work, and are read over.
constexpr const char* kOptions = "+:tf:r:F:b:q::N:R:V:vimxnUGIsB:p:e:o:O:L:X:h:C:E::J::A::d::";

constexpr const char* kQueueList = "qmail-qread";

/// What an SMTP server believes about a client that is the user himself.
constexpr std::pair<const char*, const char*> kLocalClient[]{
    {"RELAYCLIENT", ""},
    {"DATABYTES", "0"},
    {"PROTO", "TCP"},
    {"TCPLOCALIP", "127.0.0.1"},
    {"TCPLOCALHOST", "localhost"},
    {"TCPREMOTEIP", "127.0.0.1"},
    {"TCPREMOTEHOST", "localhost"},
    {"TCPREMOTEINFO", "sendmail-bs"},
};

enum class Mode { Submit, ListQueue, Smtp, MakeAliases, RunQueue, Wrong };

struct Options {
  Mode mode{Mode::Submit};
  bool header_recipients{false};
  std::optional<std::string> sender;
  std::optional<std::string> name;
};

Mode mode_of(std::string_view letter) {
  if (letter.starts_with('m')) return Mode::Submit;
  if (letter.starts_with('p')) return Mode::ListQueue;
  if (letter.starts_with('s')) return Mode::Smtp;
  if (letter.starts_with('i')) return Mode::MakeAliases;
  return Mode::Wrong;
}

/// What the sender wants to be told, for the queue program.
bool take_notification(Environment& environment, int option, const std::string& value) {
  switch (option) {
    case 'N':
      environment["DSN_NOTIFY"] = value;
      return is_notify(value);
    case 'R':
      environment["DSN_RET"] = value;
      return is_return(value);
    default:
      environment["DSN_ENVID"] = value;
      return is_envelope_id(value);
  }
}

bool take_option(int option, Options& options, Environment& environment) {
  switch (option) {
    case 't':
      options.header_recipients = true;
      return true;
    case 'f':
    case 'r':
      options.sender = optarg;
      return true;
    case 'F':
      options.name = optarg;
      return true;
    case 'b':
      options.mode = mode_of(optarg);
      return options.mode != Mode::Wrong;
    case 'q':
      options.mode = Mode::RunQueue;
      return true;
    case 'N':
    case 'R':
    case 'V':
      return take_notification(environment, option, optarg);
    case ':':
    case '?':
      complain_about_option("sendmail", option);
      return false;
    default:
      return true;
  }
}

/// -f says who writes, too (DEFECTS 4.12), except for the sender of bounces, who is nobody.
void take_sender(Environment& environment, const std::string& sender) {
  for (const char* const name : {"QMAILNAME", "MAILNAME", "NAME", "QMAILHOST", "MAILHOST"}) {
    environment.erase(name);
  }
  const std::size_t at = sender.rfind('@');
  environment["QMAILUSER"] = sender.substr(0, at);
  if (at != std::string::npos) environment["QMAILHOST"] = sender.substr(at + 1);
}

Replacement submission(const Options& options, Environment environment) {
  std::vector<std::string> arguments{options.header_recipients ? "-H" : "-a"};
  if (options.sender) {
    std::string sender = *options.sender;
    const bool bracketed = sender.size() > 1 && sender.starts_with('<') && sender.ends_with('>');
    if (bracketed) sender = sender.substr(1, sender.size() - 2);
    if (!bracketed || !sender.empty()) take_sender(environment, sender);
    arguments.insert(arguments.end(), {"-f", sender});
  }
  if (options.name) environment["MAILNAME"] = *options.name;
  arguments.emplace_back("--");
  return {"qmail-inject", std::move(arguments), std::move(environment)};
}

Replacement smtp_server(Environment environment) {
  // Whoever has set PROTO knows who the client is.
  if (!environment.contains("PROTO")) {
    for (const auto& [name, value] : kLocalClient) environment[name] = value;
  }
  return {"qmail-smtpd", {}, std::move(environment)};
}

Error no_aliases() {
  return Error::never(
      "there is no database of aliases here: aliases are .qmail files, at once valid");
}

}  // namespace

Result<std::optional<Replacement>> read_sendmail(int argc, char** argv, Environment environment) {
  const std::string name = argc > 0 ? split_path(argv[0]).leaf : "";
  if (name == "newaliases") return no_aliases();
  if (name == "mailq") return std::optional{Replacement{kQueueList, {}, std::move(environment)}};

  Options options;
  for (int option = 0; (option = ::getopt(argc, argv, kOptions)) != -1;) {
    if (!take_option(option, options, environment)) return std::optional<Replacement>{};
  }
  const bool nobody = optind >= argc && !options.header_recipients;
  switch (options.mode) {
    case Mode::MakeAliases:
      return no_aliases();
    case Mode::ListQueue:
      return std::optional{Replacement{kQueueList, {}, std::move(environment)}};
    case Mode::Smtp:
      return std::optional{smtp_server(std::move(environment))};
    case Mode::RunQueue:
      if (nobody) return std::optional{Replacement{}};
      break;
    case Mode::Submit:
    case Mode::Wrong:
      break;
  }
  Replacement out = submission(options, std::move(environment));
  out.arguments.insert(out.arguments.end(), argv + optind, argv + argc);
  return std::optional{std::move(out)};
}

}  // namespace lbx::inject
