// SPDX-License-Identifier: MIT
// letterbox-pop3d: a POP3 server for the accounts of a login file, as an ordinary user. See
// letterbox-pop3d(8).
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "core/base/log.h"
#include "pop3d/maildir_maildrop.h"
#include "pop3d/session.h"
#include "service/command_line.h"
#include "service/listener.h"
#include "service/login_file.h"
#include "service/program.h"
#include "service/stdio_driver.h"

namespace {

using namespace lbx;

struct Options {
  std::string login_file;
  std::string address;
  ListenerOptions listener;
  std::int64_t idle_seconds{1200};
  std::int64_t login_seconds{120};
  bool no_sync{false};
};

/// Reads the login file anew for each login, so that a change of it holds at once.
class FileAccounts final : public pop3d::Accounts {
 public:
  FileAccounts(System& system, const Options& options) : system_{system}, options_{options} {}

  std::variant<std::unique_ptr<pop3d::Maildrop>, pop3d::Refusal> log_in(
      const pop3d::Credentials& credentials) override {
    const Result<LoginFile> logins = LoginFile::read(system_.files, options_.login_file);
    if (!logins) return later(logins.error());
    const auto maildir = logins->check(credentials.user, credentials.secret);
    if (!maildir) return pop3d::Refusal::Credentials;
    Result<std::unique_ptr<pop3d::Maildrop>> maildrop = open(*maildir);
    if (!maildrop) return later(maildrop.error());
    return std::move(maildrop).value();
  }

 private:
  Result<std::unique_ptr<pop3d::Maildrop>> open(const std::string& path) {
    UniqueFd maildir = LBX_TRY(open_maildir(system_.files, AT_FDCWD, path));
    return pop3d::MaildirMaildrop::open(system_, std::move(maildir),
                                        {pop3d::Dialect::Letterbox, !options_.no_sync});
  }
  static pop3d::Refusal later(const Error& error) {
    lbx::log("login-failed", {{"why", error.what}});
    return pop3d::Refusal::Later;
  }

  System& system_;
  const Options& options_;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--login-file", options.login_file, "USER:PASSWORD:MAILDIR lines")->required();
  app.add_option("--listen", options.address,
                 "ADDRESS:PORT to serve; without it, descriptors 0 and 1");
  app.add_option("--max-connections", options.listener.max_connections, "connections in all")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--max-per-address", options.listener.max_per_address,
                 "connections from one address")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--threads", options.listener.threads, "conversations that work at once")
      ->check(CLI::Range(1, 64));
  app.add_option("--idle-timeout", options.idle_seconds, "seconds, after the login")
      ->check(CLI::Range(600, 86400));  // RFC 1939 section 3
  app.add_option("--login-timeout", options.login_seconds, "seconds, before the login")
      ->check(CLI::Range(1, 86400));
  app.add_flag("--no-sync", options.no_sync, "answer QUIT before removals are on disk");
}

Result<int> pop3d_main(System& system, int argc, char** argv) {
  if (::geteuid() == 0) return Error::later("will not run as root");
  Options options;
  CLI::App app{"Give the mail of Maildirs to POP3 clients."};
  declare(app, options);
  if (const std::optional<int> status = LBX_TRY(parse_command_line(app, argc, argv))) {
    return *status;
  }
  static_cast<void>(LBX_TRY(LoginFile::read(system.files, options.login_file)));

  FileAccounts accounts{system, options};
  pop3d::Settings settings;
  settings.greeting = "Letterbox POP3 server ready";
  settings.login_limit = std::chrono::seconds{options.login_seconds};
  settings.idle_limit = std::chrono::seconds{options.idle_seconds};
  if (options.address.empty()) {
    pop3d::Session session{settings, accounts};
    static_cast<void>(converse(session));
    return 0;
  }
  options.listener.refusal = "-ERR [SYS/TEMP] too many connections\r\n";
  std::vector<ListeningSocket> sockets;
  sockets.push_back(LBX_TRY(listen_on(options.address)));
  static_cast<void>(std::printf("listening %s\n", sockets.front().name.c_str()));
  static_cast<void>(std::fflush(stdout));
  LBX_TRY(serve(std::move(sockets), options.listener,
                [&](const Peer&) { return std::make_unique<pop3d::Session>(settings, accounts); }));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("letterbox-pop3d", ExitCodes::sysexits(), pop3d_main, argc, argv);
}
