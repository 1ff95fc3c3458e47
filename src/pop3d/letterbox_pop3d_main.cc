// SPDX-License-Identifier: MIT
// letterbox-pop3d: a POP3 server for the accounts of a login file, as an ordinary user. See
// letterbox-pop3d(8).
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "core/base/log.h"
#include "core/base/mail_home.h"
#include "pop3d/login_delay.h"
#include "pop3d/maildir_maildrop.h"
#include "pop3d/session.h"
#include "pop3d/session_lock.h"
#include "pop3d/settings.h"
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
  FileAccounts(System& system, std::string login_file, const pop3d::ServerSettings& settings)
      : system_{system}, login_file_{std::move(login_file)}, settings_{settings} {}

  pop3d::LoginOutcome log_in(const pop3d::Credentials& credentials) override {
    const Result<LoginFile> logins = LoginFile::read(system_.files, login_file_);
    if (!logins) return later(logins.error());
    const auto maildir = logins->check(credentials.user, credentials.secret);
    if (!maildir) return pop3d::Refusal::Credentials;
    Result<pop3d::LoginOutcome> outcome = open_maildrop(*maildir);
    if (!outcome) return later(outcome.error());
    return std::move(outcome).value();
  }

 private:
  Result<pop3d::LoginOutcome> open_maildrop(const std::string& path) {
    UniqueFd maildir = LBX_TRY(open_maildir(system_.files, AT_FDCWD, path));
    if (settings_.lock && !LBX_TRY(pop3d::lock_maildrop(maildir.get()))) {
      return pop3d::LoginOutcome{pop3d::Refusal::InUse};
    }
    const bool too_soon =
        LBX_TRY(pop3d::login_too_soon(system_, maildir.get(), settings_.session.login_delay));
    if (too_soon) return pop3d::LoginOutcome{pop3d::Refusal::TooSoon};
    return pop3d::LoginOutcome{
        LBX_TRY(pop3d::MaildirMaildrop::open(system_, std::move(maildir), settings_.maildrop))};
  }
  static pop3d::Refusal later(const Error& error) {
    lbx::log("login-failed", {{"why", error.what}});
    return pop3d::Refusal::Later;
  }

  System& system_;
  std::string login_file_;
  const pop3d::ServerSettings& settings_;
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

  pop3d::ServerSettings all =
      LBX_TRY(pop3d::read_settings({system.files, mail_home(system.environment)}));
  if (options.no_sync) all.maildrop.sync = false;
  FileAccounts accounts{system, options.login_file, all};
  pop3d::Settings& settings = all.session;
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
