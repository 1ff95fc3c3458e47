// SPDX-License-Identifier: MIT
// letterbox-authd: says who may log in. See letterbox-authd(8).
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "core/base/mail_home.h"
#include "core/base/signals.h"
#include "core/control/settings.h"
#include "service/access.h"
#include "service/auth/auth_client.h"
#include "service/auth/auth_server.h"
#include "service/auth/hardening.h"
#include "service/auth/pam_check.h"
#include "service/command_line.h"
#include "service/program.h"

namespace {

using namespace lbx;

/// What a checkpassword program runs for us once it has let somebody in.
Result<int> report(const System& system) {
  const std::string text = auth::account_report(system.environment);
  const ssize_t sent = ::send(auth::kReportFd, text.data(), text.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(text.size())) return Error::from_errno(errno, "report");
  return 0;
}

Result<std::string> own_path() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size < 0) return Error::from_errno(errno, "/proc/self/exe");
  return std::string{path.data(), static_cast<std::size_t>(size)};
}

/// Ourselves, root, and whom the setting names, by name or number.
Result<std::vector<uid_t>> client_uids(const control::ControlDirectory& control) {
  std::vector<uid_t> uids{0, ::geteuid()};
  users::SystemAccounts accounts;
  for (const std::string& each : LBX_TRY(control.get(control::kAuthClients))) {
    uids.push_back(LBX_TRY(user_id(accounts, each)));
  }
  return uids;
}

struct Options {
  std::string socket;
  std::string user;
};

Result<void> change_user(const std::string& name) {
  if (name.empty()) return {};
  users::SystemAccounts accounts;
  const std::optional<users::Account> user = LBX_TRY(accounts.by_name(name));
  if (!user) return Error::later("there is no user " + name);
  return auth::become_user(*user);
}

Result<UniqueFd> open_socket(System& system, const Options& options, const std::string& home) {
  if (!options.socket.empty()) return auth::listen_at(options.socket);
  const Result<void> made = system.files.make_directory(AT_FDCWD, home + "/run", 0755);
  if (!made && made.error().os_error != EEXIST) return made.error();
  return auth::listen_at(home + '/' + std::string{auth::kAuthSocket});
}

Result<int> serve(System& system, const Options& options) {
  const std::string home = mail_home(system.environment);
  const UniqueFd listener = LBX_TRY(open_socket(system, options, home));
  LBX_TRY(change_user(options.user));

  const control::ControlDirectory control{system.files, home};
  const std::string self = LBX_TRY(own_path());
  const std::uint64_t threads = LBX_TRY(control.get(control::kAuthThreads));
  const std::uint64_t delay = LBX_TRY(control.get(control::kAuthDelay));
  // Half of the threads are never in the hands of other programs.
  const int helpers = static_cast<int>(threads / 2);
  users::SystemAccounts accounts;
  const auto authenticator =
      LBX_TRY(auth::Authenticator::open(system, accounts, control, self, helpers));
  if (::geteuid() == 0 && !authenticator->runs_programs()) {
    return Error::later("will not run as root for an account file: --user says as whom");
  }
  LBX_TRY(auth::harden(authenticator->runs_programs()));
  std::vector<uid_t> clients = LBX_TRY(client_uids(control));
  const UniqueFd stop = LBX_TRY(open_signals({SIGTERM, SIGINT}));
  auto pool = LBX_TRY(auth::WorkerPool::start(static_cast<unsigned>(threads)));
  auth::AuthServer server{*authenticator, system.randomness, std::move(pool),
                          std::chrono::seconds{delay}, std::move(clients)};
  static_cast<void>(std::puts("listening"));
  static_cast<void>(std::fflush(stdout));
  LBX_TRY(server.serve(listener.get(), stop.get()));
  return 0;
}

Result<int> authd_main(System& system, int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "--report" && argc == 2) return report(system);
  if (mode == "--check-pam" && argc == 3) return auth::check_pam(system, argv[2], 3);
  Options options;
  CLI::App app{"Say who may log in."};
  app.add_option("--socket", options.socket, "where to listen; run/auth.sock of the mail home");
  app.add_option("--user", options.user, "as whom to run, where root starts it");
  if (const std::optional<int> status = LBX_TRY(parse_command_line(app, argc, argv))) {
    return *status;
  }
  return serve(system, options);
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("letterbox-authd", ExitCodes::qmail(), authd_main, argc, argv);
}
